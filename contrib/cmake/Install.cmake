# `cmake --install BUILD [--prefix PREFIX]`: programs, manual pages, completion, units, and what monitoring, balancers
# and hooks want. Paths are those of GNUInstallDirs; whatever PREFIX is, the programs look for /etc/wideip, /var/lib/wideip
# and /run/wideip.
include(GNUInstallDirs)
set(WIDEIP_SYSTEMD_DIR lib/systemd/system CACHE STRING "Where units go, from the prefix on")
set(WIDEIP_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where completion of zsh goes")
set(wideip_data ${CMAKE_INSTALL_DATADIR}/wideip)
set(wideip_examples ${CMAKE_INSTALL_DOCDIR}/examples)
set(wideip_contrib ${PROJECT_SOURCE_DIR}/contrib)

foreach(program dnsd sitecheck)
  install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_BINARY_DIR}/completion/${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${PROJECT_BINARY_DIR}/completion/_${program} DESTINATION ${WIDEIP_ZSH_DIR})
endforeach()

file(GLOB pages CONFIGURE_DEPENDS ${wideip_contrib}/man/*.[58])
foreach(page ${pages})
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# Units name the programs by their paths, and the prefix is known only when it is installed.
file(GLOB units CONFIGURE_DEPENDS ${wideip_contrib}/systemd/*.service.in)
foreach(unit ${units})
  get_filename_component(name ${unit} NAME_WLE)
  install(CODE "
    set(BINDIR \${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR})
    configure_file(${unit} ${PROJECT_BINARY_DIR}/${name} @ONLY)")
  install(FILES ${PROJECT_BINARY_DIR}/${name} DESTINATION ${WIDEIP_SYSTEMD_DIR})
endforeach()
install(FILES ${wideip_contrib}/systemd/wideip-dnsd.socket DESTINATION ${WIDEIP_SYSTEMD_DIR})
install(FILES ${wideip_contrib}/systemd/wideip.sysusers.conf DESTINATION lib/sysusers.d RENAME wideip.conf)
install(FILES ${wideip_contrib}/systemd/wideip.tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME wideip.conf)

install(DIRECTORY ${wideip_contrib}/hooks ${wideip_contrib}/ldirectord DESTINATION ${wideip_data} USE_SOURCE_PERMISSIONS)
install(DIRECTORY ${wideip_contrib}/prometheus ${wideip_contrib}/grafana ${wideip_contrib}/nagios
        DESTINATION ${wideip_data})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/conf/schema DESTINATION ${wideip_data} FILES_MATCHING PATTERN "*.json")

install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/ecv/protocol.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/conf/examples/ DESTINATION ${wideip_examples})
install(DIRECTORY ${wideip_contrib}/haproxy ${wideip_contrib}/keepalived DESTINATION ${wideip_examples})
install(FILES ${wideip_contrib}/systemd/floating-ip.conf DESTINATION ${wideip_examples})
