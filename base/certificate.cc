#include "base/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <optional>

namespace base {

namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

std::optional<WallTime> to_time(const ASN1_TIME* from) {
  std::tm parts{};
  if (from == nullptr || ASN1_TIME_to_tm(from, &parts) != 1) return std::nullopt;
  return WallTime(seconds(::timegm(&parts)));
}

std::string text_of(const X509_NAME* name) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE) < 0) return "";
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

}  // namespace

Result<Certificate> read_certificate(std::string_view pem) {
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, CertificateFree> read(in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)
                                                       : nullptr);
  ERR_clear_error();
  if (!read) return fail("no certificate in PEM");
  const auto from = to_time(X509_get0_notBefore(read.get()));
  const auto to = to_time(X509_get0_notAfter(read.get()));
  if (!from || !to) return fail("a certificate whose validity cannot be read");
  return Certificate{text_of(X509_get_subject_name(read.get())), *from, *to};
}

int days_until(WallTime then, WallTime now) {
  return static_cast<int>(std::chrono::floor<std::chrono::days>(then - now).count());
}

}  // namespace base
