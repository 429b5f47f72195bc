package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class FashionMnistTest implements DatasetSourceContract {

  private static final int PLANE = 32 * 32;

  private static TensorScope scope;
  private static Splits splits;
  private static byte[] training;
  private static byte[] test;

  @BeforeAll
  static void load() {
    scope = TensorScope.open();
    splits = new FashionMnist().load(Optional.empty(), NoOptions.NONE);
    training = Tensors.toBytes(splits.training().images());
    test = Tensors.toBytes(splits.test().images());
  }

  @AfterAll
  static void free() {
    scope.close();
  }

  @Override
  public DatasetSource<?> source() {
    return new FashionMnist();
  }

  @Test
  void embedded_has10000TrainingAnd2000TestImages_equallyManyPerClass() {
    assertThat(splits.training().size()).isEqualTo(10_000);
    assertThat(splits.test().size()).isEqualTo(2_000);
    for (int label = 0; label < 10; label++) {
      assertThat(splits.training().count(label)).isEqualTo(1_000);
      assertThat(splits.test().count(label)).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvFileSource(resources = "fashion_mnist_sums.csv", numLinesToSkip = 1)
  void embedded_holdsThePixelsThatTheOfficialFilesHold(
      String part, int label, long count, long pixels, long byRow, long byColumn, long positions) {
    ImageDataset set = part.equals("train") ? splits.training() : splits.test();
    byte[] bytes = part.equals("train") ? training : test;
    long[] labels = set.labelValues();
    long[] found = new long[5];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == label) {
        found[0]++;
        found[4] += i;
        addPixels(bytes, i * 3 * PLANE, found);
      }
    }
    assertThat(found).containsExactly(count, pixels, byRow, byColumn, positions);
  }

  private static void addPixels(byte[] bytes, int start, long[] sums) {
    for (int p = 0; p < PLANE; p++) {
      int value = bytes[start + p] & 255;
      sums[1] += value;
      sums[2] += (long) value * (p / 32 - 2);
      sums[3] += (long) value * (p % 32 - 2);
    }
  }

  @Test
  void images_haveTwoBlackPixelsOnEverySide() {
    for (int at = 0; at < test.length; at++) {
      int y = at % PLANE / 32;
      int x = at % 32;
      if (y < 2 || y > 29 || x < 2 || x > 29) {
        assertThat(test[at]).isZero();
      }
    }
  }

  @Test
  void images_repeatTheGreyOnAllChannels() {
    for (int start = 0; start < training.length; start += 3 * PLANE) {
      byte[] red = Arrays.copyOfRange(training, start, start + PLANE);
      assertThat(Arrays.equals(red, 0, PLANE, training, start + PLANE, start + 2 * PLANE)).isTrue();
      assertThat(Arrays.equals(red, 0, PLANE, training, start + 2 * PLANE, start + 3 * PLANE))
          .isTrue();
    }
  }

  @Test
  void labels_beginAsTheOfficialOnesDo() {
    // the first labels of both official files; no class is full yet, so none is left out
    assertThat(Arrays.copyOf(splits.training().labelValues(), 10))
        .containsExactly(9, 0, 0, 3, 0, 2, 7, 2, 5, 5);
    assertThat(Arrays.copyOf(splits.test().labelValues(), 10))
        .containsExactly(9, 2, 1, 1, 6, 1, 4, 6, 5, 7);
  }

  @Test
  void spec_saysWhatTheBenchmarkNeeds() {
    DatasetSpec spec = new FashionMnist().spec(Optional.empty(), NoOptions.NONE);

    assertThat(spec.id()).isEqualTo("fashion-mnist");
    assertThat(spec.shape()).isEqualTo(new ImageShape(3, 32, 32));
    assertThat(spec.classNames())
        .containsExactly(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot");
    assertThat(spec.normalization().mean()).isEqualTo(List.of(0.2860, 0.2860, 0.2860));
    assertThat(spec.normalization().std()).isEqualTo(List.of(0.3530, 0.3530, 0.3530));
    assertThat(spec.augmentation()).isEqualTo(new Augmentation(4, false));
  }

  @Test
  void licence_standsBesideTheData() throws IOException {
    try (InputStream in = FashionMnist.class.getResourceAsStream("fashion-mnist/LICENSE")) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .contains("Copyright (c) 2017 Zalando SE", "Permission is hereby granted");
    }
  }

  @Test
  void sums_nameEveryFileGzippedAndPlain() throws IOException {
    try (InputStream in = FashionMnist.class.getResourceAsStream("fashion-mnist/SHA256SUMS")) {
      List<String> names =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.substring(66))
              .toList();
      assertThat(names)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, 8)
                  .mapToObj(i -> IdxFolder.FILES.get(i / 2) + (i % 2 == 0 ? "" : ".gz"))
                  .toList());
    }
  }
}
