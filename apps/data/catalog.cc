#include "apps/data/catalog.h"

#include <algorithm>
#include <string>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

// Bundled: see README.md beside this file.
constexpr DatasetFile kBreastCancerDiagnostic[] = {
    {"breast-cancer-diagnostic.csv", "", 123861,
     "8b8aa3675141b72d6a3648ead4a7059cad138443c6c139a02f65a7b6ef2f2c89"},
};
constexpr DatasetFile kBreastCancerOriginal[] = {
    {"breast-cancer-original.csv", "", 18874,
     "227419e78f08e259c86e95943af6b8ccbc6502595a47f65de1c467681e95cd83"},
};
constexpr DatasetFile kDigits[] = {
    {"digits.csv", "", 265358, "bb91ac08ceeb4eb7ddca61f0af46532f91c54eea07aab185ef61474328881e05"},
};
constexpr DatasetFile kIris[] = {
    {"iris.csv", "", 3876, "dfbd65e193d531368aeb5fa8194e581cc9fb111300f8f89674da07c376ab419e"},
};
constexpr DatasetFile kWine[] = {
    {"wine.csv", "", 12370, "d36a29e284f8d726d01de988f3cbd056c22b02d9c15a01e72273e26373faf97d"},
};

constexpr std::string_view kMnistMirrors[] = {
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
};
constexpr DatasetFile kMnist[] = {
    {"mnist/train-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz", 9912422,
     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
    {"mnist/train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz", 28881,
     "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"mnist/t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz", 1648877,
     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"mnist/t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 4542,
     "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
};

// The authors' own host speaks no https; the hash vouches for what it sends.
constexpr std::string_view kFashionMnistMirrors[] = {
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
};
constexpr DatasetFile kFashionMnist[] = {
    {"fashion-mnist/train-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz", 26421880,
     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
    {"fashion-mnist/train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz", 29515,
     "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
    {"fashion-mnist/t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz", 4422102,
     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
    {"fashion-mnist/t10k-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz", 5148,
     "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
};

constexpr std::string_view kCifar10Mirrors[] = {"https://www.cs.toronto.edu/~kriz"};
constexpr DatasetFile kCifar10[] = {
    {"cifar-10/cifar-10-binary.tar.gz", "cifar-10-binary.tar.gz", 170052171,
     "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
};

// What people said that the training images of CIFAR-10 show; CC BY-NC 4.0.
constexpr std::string_view kCifar10nMirrors[] = {
    "https://raw.githubusercontent.com/UCSC-REAL/cifar-10-100n/main/data"};
constexpr DatasetFile kCifar10n[] = {
    {"cifar10n/CIFAR-10_human.pt", "CIFAR-10_human.pt", 2401007,
     "873e69c39cb9b5e97fb6bae2d60bb59b38a5cbc31d2b868f7903dcb2b9dd2310"},
};

constexpr std::string_view kSvhnMirrors[] = {"http://ufldl.stanford.edu/housenumbers"};
constexpr DatasetFile kSvhn[] = {
    {"svhn/train_32x32.mat", "train_32x32.mat", 182040794,
     "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"},
    {"svhn/test_32x32.mat", "test_32x32.mat", 64275384,
     "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"},
};

// The second is the Internet Archive's copy of the first, byte for byte ("id_").
constexpr std::string_view kUciMirrors[] = {
    "https://archive.ics.uci.edu/ml/machine-learning-databases",
    "https://web.archive.org/web/2020id_/https://archive.ics.uci.edu/ml/machine-learning-databases",
};
constexpr DatasetFile kUciAdult[] = {
    {"adult/adult.data", "adult/adult.data", 3974305,
     "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"},
    {"adult/adult.test", "adult/adult.test", 2003153,
     "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05"},
};
constexpr DatasetFile kUciBalanceScale[] = {
    {"uci/balance-scale.data", "balance-scale/balance-scale.data", 6250,
     "5611187ef7345d807aa8ae22615945ade52a190537c0b1434bd44c3e877c5bb4"},
};
constexpr DatasetFile kUciBreastCancerWisconsin[] = {
    {"uci/breast-cancer-wisconsin.data", "breast-cancer-wisconsin/breast-cancer-wisconsin.data",
     19889, "402c585309c399237740f635ef9919dc512cca12cbeb20de5e563a4593f22b64"},
};
constexpr DatasetFile kUciIonosphere[] = {
    {"uci/ionosphere.data", "ionosphere/ionosphere.data", 76467,
     "46d52186b84e20be52918adb93e8fb9926b34795ff7504c24350ae0616a04bbd"},
};
constexpr DatasetFile kUciIris[] = {
    {"uci/iris.data", "iris/iris.data", 4551,
     "6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0"},
};
constexpr DatasetFile kUciOptdigits[] = {
    {"uci/optdigits.tra", "optdigits/optdigits.tra", 563639,
     "e1b683cc211604fe8fd8c4417e6a69f31380e0c61d4af22e93cc21e9257ffedd"},
    {"uci/optdigits.tes", "optdigits/optdigits.tes", 264712,
     "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"},
};
constexpr DatasetFile kUciSoybeanSmall[] = {
    {"uci/soybean-small.data", "soybean/soybean-small.data", 3431,
     "f096d1675db0270071311c9f46813b204372370bd68252a5a417bdcff5879717"},
};
constexpr DatasetFile kUciWine[] = {
    {"uci/wine.data", "wine/wine.data", 10782,
     "6be6b1203f3d51df0b553a70e57b8a723cd405683958204f96d23d7cd6aea659"},
};

// A UCI table that is also bundled, cleaned, goes by another name here: the two differ.
constexpr Dataset kCatalog[] = {
    {"breast-cancer-diagnostic",
     "cell nuclei, 569 rows of 30 features, 2 classes",
     kBreastCancerDiagnostic,
     {}},
    {"breast-cancer-original",
     "cell scores, 699 rows of 9 features, 2 classes, 16 missing",
     kBreastCancerOriginal,
     {}},
    {"digits", "handwritten digits, 1797 rows of 8 x 8 counts, 10 classes", kDigits, {}},
    {"iris", "iris flowers, 150 rows of 4 features, 3 classes", kIris, {}},
    {"wine", "chemistry of wines, 178 rows of 13 features, 3 classes", kWine, {}},
    {"mnist", "handwritten digits, 60000 + 10000 images of 28 x 28, 10 classes", kMnist,
     kMnistMirrors},
    {"fashion-mnist", "articles of clothing, 60000 + 10000 images of 28 x 28, 10 classes",
     kFashionMnist, kFashionMnistMirrors},
    {"cifar-10", "photographs, 50000 + 10000 images of 32 x 32 x 3, 10 classes", kCifar10,
     kCifar10Mirrors},
    {"cifar-10n", "labels that people gave to CIFAR-10's 50000 training images (CC BY-NC 4.0)",
     kCifar10n, kCifar10nMirrors},
    {"svhn", "house numbers, 73257 + 26032 images of 32 x 32 x 3, 10 classes", kSvhn, kSvhnMirrors},
    {"uci-adult", "census income, 32561 + 16281 rows of 14 mixed features, 2 classes", kUciAdult,
     kUciMirrors},
    {"uci-balance-scale", "a psychological experiment, 625 rows of 4 features, 3 classes",
     kUciBalanceScale, kUciMirrors},
    {"uci-breast-cancer-wisconsin", "cell scores, 699 rows of 9 features, 2 classes, 16 missing",
     kUciBreastCancerWisconsin, kUciMirrors},
    {"uci-ionosphere", "radar returns, 351 rows of 34 features, 2 classes", kUciIonosphere,
     kUciMirrors},
    {"uci-iris", "iris flowers, 150 rows of 4 features, 3 classes", kUciIris, kUciMirrors},
    {"uci-optdigits", "handwritten digits, 3823 + 1797 rows of 8 x 8 counts, 10 classes",
     kUciOptdigits, kUciMirrors},
    {"uci-soybean-small", "soybean diseases, 47 rows of 35 features, 4 classes", kUciSoybeanSmall,
     kUciMirrors},
    {"uci-wine", "chemistry of wines, 178 rows of 13 features, 3 classes", kUciWine, kUciMirrors},
};

std::string known_names() {
  std::string names;
  for (const Dataset& dataset : kCatalog) {
    if (!names.empty()) names.append(", ");
    names.append(dataset.name);
  }
  return names;
}

}  // namespace

std::span<const Dataset> catalog() { return kCatalog; }

const Dataset& dataset_named(std::string_view name) {
  const auto* found = std::ranges::find(kCatalog, name, &Dataset::name);
  SURPLUS_REQUIRE(found != std::end(kCatalog), ArgumentError, "dataset_named",
                  "the data set must be one of " + known_names(), "name", name);
  return *found;
}

std::vector<std::string> urls_of(const Dataset& dataset, const DatasetFile& file,
                                 std::span<const std::string> mirrors) {
  std::vector<std::string> urls;
  for (std::string_view mirror : dataset.mirrors) {
    if (mirrors.empty()) urls.push_back(std::string(mirror).append("/").append(file.remote));
  }
  for (std::string mirror : mirrors) {
    while (mirror.ends_with('/')) mirror.pop_back();
    urls.push_back(mirror.append("/").append(file.path));
  }
  return urls;
}

}  // namespace surplus::apps
