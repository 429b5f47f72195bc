package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.Download;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the makers of the data sets keep the files. Checksums are those on their pages, or those
 * that torchvision checks; where neither has one, none is given.
 */
final class OfficialDownloads {

  static final List<Download> CIFAR_10 =
      List.of(
          cifar("cifar-10-binary.tar.gz")
              .withBytes(170_052_171)
              .withChecksum("md5:c32a1d4ab5d03f1284b67883e8d87530"));

  static final List<Download> CIFAR_100 =
      List.of(
          cifar("cifar-100-binary.tar.gz")
              .withBytes(168_513_733)
              .withChecksum("md5:03b5dce01913d631647c71ecec9e9cb8"));

  static final List<Download> GTSRB =
      List.of(
          gtsrb("GTSRB_Final_Training_Images.zip"),
          gtsrb("GTSRB_Final_Test_Images.zip").withChecksum("md5:c7e4e6327067d32654124b0fe9e82185"),
          gtsrb("GTSRB_Final_Test_GT.zip").withChecksum("md5:fe31e9c9270bbcd7b84b7f21a9d9d9e5"));

  static final List<Download> TINY_IMAGENET =
      List.of(
          Download.of("tiny-imagenet-200.zip", "https://cs231n.stanford.edu/tiny-imagenet-200.zip")
              .withTerms(
                  "from ImageNet, whose terms allow non-commercial research and education only"
                      + " (https://image-net.org/download)."));

  static final List<Download> MNIST =
      idx(
          "https://ossci-datasets.s3.amazonaws.com/mnist/",
          "https://storage.googleapis.com/cvdf-datasets/mnist/",
          "copies of the files of Yann LeCun and Corinna Cortes, whose page states no licence.",
          "f68b3c2dcbeaaa9fbdd348bbdeb94873",
          "d53e105ee54ea40749a09fcbcd1e9432",
          "9fb629c4189551a2d022fa330f9573f3",
          "ec29112dd5afa0611ce80d1b7f02629c");

  static final List<Download> FASHION_MNIST =
      idx(
          "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
          "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
          "MIT licence, copyright (c) 2017 Zalando SE.",
          "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
          "25c81989df183df01b3e8a0aad5dffbe",
          "bef4ecab320f06d8554ea6380940ec79",
          "bb300cfdad3c16e7a12a480ee83cd310");

  private OfficialDownloads() {}

  private static Download cifar(String file) {
    return Download.of(file, "https://www.cs.toronto.edu/~kriz/" + file)
        .withTerms("no licence is stated; the authors ask to cite Krizhevsky, 2009.");
  }

  private static Download gtsrb(String file) {
    return Download.of(
            file, "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/" + file)
        .withTerms(
            "free for research; the authors ask to cite Stallkamp, Schlipsing, Salmen and Igel,"
                + " 2012.");
  }

  /** The four files of the MNIST family, with MD5s in the order of {@link IdxFolder#FILES}. */
  private static List<Download> idx(String first, String second, String terms, String... md5) {
    return Stream.iterate(0, i -> i < md5.length, i -> i + 1)
        .map(
            i -> {
              String file = IdxFolder.FILES.get(i) + ".gz";
              return Download.of(file, first + file, second + file)
                  .withChecksum("md5:" + md5[i])
                  .withTerms(terms);
            })
        .toList();
  }
}
