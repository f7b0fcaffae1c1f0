// A certificate that outlives these tests: CN = stats.example.com, self-signed, Nov 22 20:28:32 2026 GMT to
// Oct 29 20:28:32 2126 GMT.
#pragma once

namespace test {

inline constexpr const char* kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBjjCCATWgAwIBAgIUCp30Z8X6lAytivFgCS26ix1O2NQwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRc3RhdHMuZXhhbXBsZS5jb20wIBcNMjYxMTIyMjAyODMyWhgP
MjEyNjEwMjkyMDI4MzJaMBwxGjAYBgNVBAMMEXN0YXRzLmV4YW1wbGUuY29tMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDdullSeUxnoajNcwg6/WhBqXg8fSET4T
PWvjxO5Ui2Z7YCuIRD9q5nbWS/h2fmYoQhOu1+ULP9KZGqryY4XHuaNTMFEwHQYD
VR0OBBYEFMUsLysetnUPHQppwAamlsX/iZF1MB8GA1UdIwQYMBaAFMUsLysetnUP
HQppwAamlsX/iZF1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIg
M7HTx2znkICE5MRU52Vj5LqnTP5BaShyQMt89tp2QDUCIE2iKM4LnZyhCFaE2d/5
zF6etw0Sdk8u/TtPYxq1eMBQ
-----END CERTIFICATE-----
)";

}  // namespace test
