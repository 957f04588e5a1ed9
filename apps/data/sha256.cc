#include "apps/data/sha256.h"

#include <array>
#include <stdexcept>

namespace surplus::apps {
namespace {

// OpenSSL fails here only when it is out of memory or built without SHA-256.
void require(int ok) {
  if (ok != 1) throw std::runtime_error("Sha256: OpenSSL must offer SHA-256");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

void Sha256::update(std::span<const char> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> hash{};
  require(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr));
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : hash) {
    text.push_back(kDigits[byte / 16]);
    text.push_back(kDigits[byte % 16]);
  }
  return text;
}

}  // namespace surplus::apps
