#include "tls/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <new>

#include "base/c_string.h"
#include "tls/context_state.h"

namespace loquat::tls {
namespace {

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* value) const noexcept { free(value); }
};
template <class T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, free>>;

void free_bio(BIO* bio) { BIO_free(bio); }
void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
void free_number(BIGNUM* number) { BN_free(number); }
using OwnedBio = Owned<BIO, &free_bio>;

// The text that `print` writes.
template <class F>
std::string printed(F print) {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (!bio) throw std::bad_alloc();
  print(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string name_of(const X509_NAME* name) {
  return printed([&](BIO* out) { X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB); });
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

std::string serial_of(const X509& certificate) {
  const Owned<BIGNUM, &free_number> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  char* digits = number ? BN_bn2hex(number.get()) : nullptr;
  std::string text = digits != nullptr ? digits : "";
  OPENSSL_free(digits);
  return text;
}

std::string bytes_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string ip_of(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return "<invalid>";
  inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof(text));
  return text;
}

std::vector<std::string> alternative_names(const X509& certificate) {
  std::vector<std::string> list;
  const Owned<GENERAL_NAMES, &free_names> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(const_cast<X509*>(&certificate), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) list.push_back("DNS:" + bytes_of(name->d.dNSName));
    if (name->type == GEN_IPADD) list.push_back("IP Address:" + ip_of(name->d.iPAddress));
    if (name->type == GEN_EMAIL) list.push_back("email:" + bytes_of(name->d.rfc822Name));
    if (name->type == GEN_URI) list.push_back("URI:" + bytes_of(name->d.uniformResourceIdentifier));
  }
  return list;
}

std::string fingerprint_of(const X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) != 1) throw std::bad_alloc();
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i != 0) text += ':';
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace

Certificate describe(const X509& certificate) {
  Certificate described;
  described.subject = name_of(X509_get_subject_name(&certificate));
  described.issuer = name_of(X509_get_issuer_name(&certificate));
  described.serial_number = serial_of(certificate);
  described.not_before = time_of(X509_get0_notBefore(&certificate));
  described.not_after = time_of(X509_get0_notAfter(&certificate));
  described.subject_alt_name = alternative_names(certificate);
  described.fingerprint = fingerprint_of(certificate);
  unsigned char* der = nullptr;
  const int size = i2d_X509(&certificate, &der);
  if (size > 0) described.der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return described;
}

Certificate read_certificate(const std::string& path) {
  ERR_clear_error();
  const OwnedBio file(BIO_new_file(c_string(path, "read_certificate", "path"), "r"));
  const Owned<X509, &X509_free> certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) throw_queued({"read_certificate", path, {}, 0});
  return describe(*certificate);
}

// --- a self-signed one ----------------------------------------------------------------------------------------------

namespace {

void check(bool good) {
  if (!good) throw_queued({"make_self_signed", {}, {}, 0});
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, &X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  in6_addr address;
  for (const std::string& name : names) {
    if (!list.empty()) list += ",";
    const bool literal =
        inet_pton(AF_INET, name.c_str(), &address) == 1 || inet_pton(AF_INET6, name.c_str(), &address) == 1;
    list += (literal ? "IP:" : "DNS:") + name;
  }
  return list;
}

void set_random_serial(X509* certificate) {
  unsigned char bytes[16];
  check(RAND_bytes(bytes, sizeof(bytes)) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // RFC 5280 s.4.1.2.2: positive; the length stays
  const Owned<BIGNUM, &free_number> number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  check(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

}  // namespace

SelfSigned make_self_signed(const std::string& common_name, const std::vector<std::string>& names, int days,
                            KeyKind kind) {
  constexpr long day = 24 * 60 * 60;
  refuse_nul(common_name, "make_self_signed", "common name");
  for (const std::string& each : names) refuse_nul(each, "make_self_signed", "name");
  ERR_clear_error();
  const Owned<EVP_PKEY, &EVP_PKEY_free> key(kind == KeyKind::p256 ? EVP_EC_gen("P-256")
                                                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Owned<X509, &X509_free> certificate(X509_new());
  check(key && certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_random_serial(certificate.get());
  std::time_t now = std::time(nullptr);  // one for both: a second may begin between two
  check(X509_time_adj(X509_getm_notBefore(certificate.get()), -day, &now) != nullptr);
  check(X509_time_adj(X509_getm_notAfter(certificate.get()), days * day, &now) != nullptr);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1);
  check(X509_set_issuer_name(certificate.get(), name) == 1 && X509_set_pubkey(certificate.get(), key.get()) == 1);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  if (!names.empty()) add_extension(certificate.get(), NID_subject_alt_name, listed(names));
  check(X509_sign(certificate.get(), key.get(), kind == KeyKind::p256 ? EVP_sha256() : nullptr) > 0);
  return {printed([&](BIO* out) { check(PEM_write_bio_X509(out, certificate.get()) == 1); }), printed([&](BIO* out) {
            check(PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
          })};
}

}  // namespace loquat::tls
