#!/usr/bin/python3
"""Plants each kind of violation in a copy of a small house and looks that check.py reports it, and nothing else."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402


class House:
    """A tree with every folder, each with a README.md, a library and one header that includes nothing."""

    def __init__(self, root):
        self.root = root
        for folder in check.FLOORS:
            self.write(f"{folder}/README.md", "what lives here\n")
            self.write(f"{folder}/CMakeLists.txt", f"wideip_library({folder.replace('/', '_')})\n")
            self.write(f"{folder}/a.h", "#pragma once\n#include <vector>\n")

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


class Layers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.house = House(folder.name)

    def reports(self, *pieces):
        found = list(check.check(self.house.root))
        self.assertEqual(len(found), 1, found)
        for piece in pieces:
            self.assertIn(piece, found[0])

    def test_a_clean_house_has_no_violation(self):
        self.house.write("conf/b.cc", '#include "conf/a.h"\n#include "base/a.h"\n#include <yaml-cpp/yaml.h>\n')
        self.assertEqual(list(check.check(self.house.root)), [])

    def test_an_include_upward_is_reported(self):
        self.house.write("base/b.cc", '\n#include "conf/a.h"\n')
        self.reports("base/b.cc:2", "floor 0", "floor 3")

    def test_an_include_of_the_same_floor_is_reported(self):
        self.house.write("ecv/b.cc", '#include "zones/wire/a.h"\n')
        self.reports("ecv/b.cc:1", "floor 1")

    def test_control_may_not_include_data(self):
        self.house.write("dnsd/control/b.cc", '#include "dnsd/data/a.h"\n')
        self.reports("dnsd/control/b.cc:1")

    def test_the_data_plane_sees_less_than_its_floor(self):
        self.house.write("dnsd/data/b.cc", '#include "conf/a.h"\n')
        self.reports("dnsd/data/b.cc:1", "only")

    def test_the_programs_stay_apart(self):
        self.house.write("dnsd/control/b.cc", '#include "sitecheck/core/a.h"\n')
        self.reports("dnsd/control/b.cc:1", "of sitecheck")

    def test_a_circle_is_reported(self):
        self.house.write("base/b.h", '#include "base/c.h"\n')
        self.house.write("base/c.h", '#include "base/b.h"\n')
        self.reports("circle", "base/b.h -> base/c.h -> base/b.h")

    def test_a_third_party_header_outside_its_folder_is_reported(self):
        for header, folder in [("ldns/ldns.h", "zones/wire"), ("yaml-cpp/yaml.h", "zones/compile"),
                               ("uv.h", "dnsd/data"), ("curl/curl.h", "dnsd/control"),
                               ("microhttpd.h", "sitecheck/io"), ("mysql.h", "sitecheck/io"),
                               ("nlohmann/json.hpp", "dnsd/data")]:
            with self.subTest(header):
                self.house.write(f"{folder}/b.cc", f"#include <{header}>\n")
                self.reports(f"{folder}/b.cc:1", header)
                os.remove(os.path.join(self.house.root, folder, "b.cc"))

    def test_a_third_party_header_in_a_header_that_others_include_is_reported(self):
        self.house.write("conf/b.h", "#include <yaml-cpp/yaml.h>\n")
        self.assertEqual(list(check.check(self.house.root)), [])
        self.house.write("probes/b.cc", '#include "conf/b.h"\n')
        self.reports("conf/b.h:1", "probes/b.cc")

    def test_a_header_for_sources_may_be_included_by_sources_only(self):
        self.house.write("base/io/json_view.h", "#include <nlohmann/json.hpp>\n")
        self.house.write("conf/b.cc", '#include "base/io/json_view.h"\n')
        self.assertEqual(list(check.check(self.house.root)), [])
        self.house.write("conf/b.h", '#include "base/io/json_view.h"\n')
        self.reports("conf/b.h:1", "for sources only")

    def test_an_unknown_third_party_is_reported(self):
        self.house.write("base/b.cc", "#include <boost/any.hpp>\n")
        self.reports("base/b.cc:1", "boost/any.hpp")

    def test_a_core_with_a_socket_or_a_clock_is_reported(self):
        self.house.write("sitecheck/core/b.cc", "#include <sys/socket.h>\n")
        self.reports("sitecheck/core/b.cc:1", "pure")
        self.house.write("sitecheck/core/b.cc", "auto t = std::chrono::steady_clock::now();\n")
        self.reports("sitecheck/core/b.cc:1", "clock")

    def test_comments_are_not_includes(self):
        self.house.write("base/b.cc", '/*\n#include "conf/a.h"\n*/\n// #include <ldns/ldns.h>\n')
        self.assertEqual(list(check.check(self.house.root)), [])

    def test_an_include_that_does_not_start_at_the_root_is_reported(self):
        self.house.write("base/b.cc", '#include "a.h"\n')
        self.reports("base/b.cc:1", "root")

    def test_a_folder_without_a_readme_is_reported(self):
        os.remove(os.path.join(self.house.root, "probes", "README.md"))
        self.reports("probes/", "README.md")

    def test_a_folder_without_a_library_is_reported(self):
        self.house.write("probes/CMakeLists.txt", "# nothing\n")
        self.reports("probes/", "library")

    def test_a_library_that_links_upward_is_reported(self):
        self.house.write("ecv/CMakeLists.txt", "wideip_library(ecv base conf)\n")
        self.reports("ecv/CMakeLists.txt", "conf")

    def test_a_folder_on_no_floor_is_reported(self):
        self.house.write("util/a.h", "#pragma once\n")
        self.reports("util/", "no floor")


if __name__ == "__main__":
    unittest.main()
