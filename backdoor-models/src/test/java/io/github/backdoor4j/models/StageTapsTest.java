package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where every registered network says its stages and the input of its last block are. */
@ExtendWith(OneThread.class)
class StageTapsTest {

  private static final int BATCH = 2;
  private static final int SIDE = 64; // at 32 pixels, networks made for 224 end in a single one
  private static final DatasetSpec DATA =
      new DatasetSpec(
          "noise",
          new ImageShape(3, SIDE, SIDE),
          List.of("a", "b", "c"),
          Normalization.uniform(3, 0.5, 0.25),
          Augmentation.NONE);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  static List<Architecture<?>> architectures() {
    return List.copyOf(Registries.load().architectures().all());
  }

  private static Architecture<?> architecture(String id) {
    return Registries.load().architectures().get(id);
  }

  private static <O extends Record> Network narrow(Architecture<O> architecture, int side) {
    return NarrowNetworks.initialized(
        architecture.build(
            new NetworkSpec(new ImageShape(3, side, side), DATA.classes()),
            NarrowNetworks.options(architecture, DATA)),
        new Seed(1));
  }

  private static Tensor images(int side) {
    return Tensors.uniform(Tensors.generator(new Seed(2)), -2, 2, BATCH, 3, side, side);
  }

  private static Recorder record(Network network, int side, List<String> taps) {
    Recorder recorder = new Recorder(taps.toArray(new String[0]));
    network.training(false);
    network.forward(images(side), recorder.taps());
    return recorder;
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void stages_areMapsOfMoreThanOnePixel_orSequencesOfTokens(Architecture<?> architecture) {
    Network network = narrow(architecture, SIDE);
    List<String> stages = network.features().stages();

    assertThat(stages).hasSizeGreaterThanOrEqualTo(3).doesNotHaveDuplicates();
    Recorder recorder = record(network, SIDE, stages);
    long before = Long.MAX_VALUE;
    for (String stage : stages) {
      long[] shape = recorder.get(stage).shape();
      long places = shape.length == 4 ? shape[2] * shape[3] : shape[1];
      assertThat(shape.length).as("dimensions at %s", stage).isBetween(3, 4);
      assertThat(shape[0]).isEqualTo(BATCH);
      assertThat(places).as("places at %s", stage).isGreaterThan(1).isLessThanOrEqualTo(before);
      before = places;
    }
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void stagesAndLastBlock_leadToTheLogits(Architecture<?> architecture) {
    Network network = narrow(architecture, SIDE);
    network.training(false);
    FeatureLayout layout = network.features();
    String plain = Tensors.sha256(network.forward(images(SIDE)));
    List<String> taps = new ArrayList<>(layout.stages());
    if (!layout.lastBlock().isEmpty()) {
      taps.add(layout.lastBlock());
    }
    for (String tap : taps) {
      Taps shifted = Taps.at(tap, x -> x.mul(Tensors.scalar(3)).add(Tensors.scalar(2)));
      assertThat(Tensors.sha256(network.forward(images(SIDE), shifted)))
          .as("logits with another output at '%s'", tap)
          .isNotEqualTo(plain);
    }
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void lastBlock_isAMapWhereConvolutionsFollow(Architecture<?> architecture) {
    Network network = narrow(architecture, SIDE);
    String tap = network.features().lastBlock();

    if (tap.isEmpty()) {
      assertThat(architecture.id()).as("a network without a last block").isEqualTo("vit-b-16");
    } else {
      assertThat(record(network, SIDE, List.of(tap)).get(tap).shape()).hasSize(4);
    }
  }

  /**
   * Channels of the last stage follow from the narrow options; sides from the published strides.
   */
  @ParameterizedTest
  @CsvSource({
    "preact-resnet18, 0, layer1, 32",
    "preact-resnet18, 3, layer4, 4",
    "preact-resnet50, 3, layer4, 4",
    "resnet18, 0, layer1, 8",
    "resnet18, 3, layer4, 1",
    "resnet34, 3, layer4, 1",
    "resnet50, 3, layer4, 1",
    "vgg19, 0, features.3, 32",
    "vgg19, 4, features.35, 2",
    "vgg19-bn, 0, features.5, 32",
    "vgg19-bn, 4, features.51, 2",
    "densenet161, 0, features.denseblock1, 8",
    "densenet161, 2, features.denseblock3, 2",
    "densenet161, 3, features.relu5, 1",
    "mobilenet-v3-large, 0, features.1, 16",
    "mobilenet-v3-large, 1, features.3, 8",
    "mobilenet-v3-large, 3, features.12, 2",
    "mobilenet-v3-large, 4, features.16.2, 1",
    "efficientnet-b3, 0, features.1.0, 16",
    "efficientnet-b3, 3, features.5.0, 2",
    "efficientnet-b3, 4, features.8.2, 1",
    "convnext-tiny, 0, features.1, 8",
    "convnext-tiny, 3, features.7, 1",
    "plain-cnn, 0, relu1, 32",
    "plain-cnn, 2, relu3, 8"
  })
  void stages_ofThirtyTwoPixelImages_haveThePublishedSides(
      String id, int stage, String tap, int side) {
    Network network = narrow(architecture(id), 32);

    assertThat(network.features().stages().get(stage)).isEqualTo(tap);
    long[] shape = record(network, 32, List.of(tap)).get(tap).shape();
    assertThat(new long[] {shape[2], shape[3]}).containsExactly(side, side);
  }

  @ParameterizedTest
  @CsvSource({
    "preact-resnet18, layer4.1.relu1",
    "preact-resnet50, layer4.2.relu1",
    "resnet18, layer4.0",
    "resnet34, layer4.1",
    "resnet50, layer4.1",
    "vgg19, features.27",
    "vgg19-bn, features.39",
    "densenet161, features.transition3.pool",
    "mobilenet-v3-large, features.14",
    "convnext-tiny, features.7.1",
    "plain-cnn, pool2"
  })
  void lastBlock_isEnteredAfterTheOneBefore(String id, String tap) {
    assertThat(narrow(architecture(id), 32).features().lastBlock()).isEqualTo(tap);
  }
}
