/// SHA-256, by OpenSSL.
#ifndef SURPLUS_APPS_DATA_SHA256_H_
#define SURPLUS_APPS_DATA_SHA256_H_

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace surplus::apps {

/// The SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();

  void update(std::span<const char> bytes);

  /// The hash of all bytes, as 64 lower-case hexadecimal digits. Ends the object's use.
  std::string finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_SHA256_H_
