package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OfficialDownloadsTest {

  static Stream<DatasetSource<?>> sources() {
    return Stream.of(
        new Cifar10(),
        new Cifar100(),
        new Gtsrb(),
        new TinyImageNet(),
        new Mnist(),
        new FashionMnist());
  }

  private static <O extends Record> List<Download> downloads(DatasetSource<O> source) {
    return source.downloads(source.defaults());
  }

  @ParameterizedTest
  @MethodSource("sources")
  void officialFiles_haveHttpsAddressesAndTerms(DatasetSource<?> source) {
    assertThat(downloads(source))
        .isNotEmpty()
        .allSatisfy(
            download -> {
              assertThat(download.terms()).isNotBlank();
              assertThat(download.addresses())
                  .isNotEmpty()
                  .allSatisfy(
                      address -> {
                        assertThat(address).hasScheme("https");
                        assertThat(address.getPath()).endsWith("/" + download.file());
                      });
            });
  }

  @ParameterizedTest
  @MethodSource("sources")
  void names_differ(DatasetSource<?> source) {
    assertThat(downloads(source)).extracting(Download::file).doesNotHaveDuplicates();
  }
}
