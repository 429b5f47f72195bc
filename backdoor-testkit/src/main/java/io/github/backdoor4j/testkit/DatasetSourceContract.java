package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of a data set. A test class implements it, fills in {@link #source()} and, unless
 * the data is embedded, {@link #folder()}.
 */
public interface DatasetSourceContract {

  /** The data set under test. */
  DatasetSource<?> source();

  /**
   * Where its files are; a few made-up images in the right format will do.
   *
   * @return empty for embedded data
   */
  default Optional<Path> folder() {
    return Optional.empty();
  }

  /** What it is with its default options. */
  private DatasetSpec spec() {
    return specOf(source(), folder());
  }

  private DatasetSource.Splits load(Optional<Path> folder) {
    return loadOf(source(), folder);
  }

  private static <O extends Record> DatasetSpec specOf(
      DatasetSource<O> source, Optional<Path> folder) {
    return source.spec(folder, source.defaults());
  }

  private static <O extends Record> DatasetSource.Splits loadOf(
      DatasetSource<O> source, Optional<Path> folder) {
    return source.load(folder, source.defaults());
  }

  @Test
  default void id_leadsToTheSource() {
    NamedContract.assertRegistered(DatasetSource.class, source());
    assertThat(spec().id()).isEqualTo(source().id());
  }

  @Test
  default void description_saysWhereItComesFrom() {
    assertThat(source().description()).isNotBlank();
  }

  @Test
  default void published_isTheSpecOfTheDefaults() {
    source().published().ifPresent(published -> assertThat(published).isEqualTo(spec()));
  }

  @Test
  default void spec_isTheSameEachTime() {
    assertThat(spec()).isEqualTo(spec());
    assertThat(spec().classNames()).doesNotHaveDuplicates().noneMatch(String::isBlank);
  }

  @Test
  default void load_fitsTheSpec() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSource.Splits splits = load(folder());

      for (ImageDataset part : List.of(splits.training(), splits.test())) {
        assertThat(part.size()).isPositive();
        assertThat(part.spec()).isEqualTo(spec());
        assertThat(LongStream.of(part.labelValues()).distinct().count())
            .as("number of different labels")
            .isGreaterThan(1);
      }
      assertThat(splits.training().contentHash())
          .as("training and test images")
          .isNotEqualTo(splits.test().contentHash());
    }
  }

  @Test
  default void load_givesTheSameEachTime() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSource.Splits first = load(folder());
      DatasetSource.Splits second = load(folder());

      assertThat(second.training().contentHash()).isEqualTo(first.training().contentHash());
      assertThat(second.test().contentHash()).isEqualTo(first.test().contentHash());
    }
  }

  @Test
  default void load_fromAnEmptyFolder_isADataError(@TempDir Path empty) {
    assertThatThrownBy(() -> load(Optional.of(empty)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(empty.toString());
  }

  @Test
  default void load_leavesNoNativeMemory() {
    NativeLeaks.assertNone(() -> load(folder()));
  }
}
