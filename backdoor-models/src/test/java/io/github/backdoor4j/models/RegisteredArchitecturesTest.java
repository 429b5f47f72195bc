package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.OneThread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every architecture of this module must keep beyond the testkit's contract, run over all that
 * are registered.
 */
@ExtendWith(OneThread.class)
class RegisteredArchitecturesTest {

  private static final int CLASSES = 5;
  private static final DatasetSpec DATA =
      new DatasetSpec(
          "squares",
          new ImageShape(3, 32, 32),
          List.of("a", "b", "c", "d", "e"),
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

  private static Network narrow(Architecture<?> architecture, ImageShape shape) {
    return narrow(architecture, shape, CLASSES);
  }

  private static <O extends Record> Network narrow(
      Architecture<O> architecture, ImageShape shape, int classes) {
    return NarrowNetworks.initialized(
        architecture.build(
            new NetworkSpec(shape, classes), NarrowNetworks.options(architecture, DATA)),
        new Seed(1).child(architecture.id()));
  }

  private static Network narrow(Architecture<?> architecture) {
    return narrow(architecture, DATA.shape());
  }

  private static Tensor images(int count, ImageShape shape) {
    return Tensors.uniform(
        Tensors.generator(new Seed(2)),
        -2,
        2,
        count,
        shape.channels(),
        shape.height(),
        shape.width());
  }

  private static Tensor images(int count) {
    return images(count, DATA.shape());
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void logits_haveOneRowPerImageAndOneColumnPerClass(Architecture<?> architecture) {
    Network network = narrow(architecture);
    assertThat(network.classes()).isEqualTo(CLASSES);
    assertThat(network.logits(images(3)).shape()).containsExactly(3, CLASSES);
    assertThat(Tensors.allFinite(network.logits(images(3)))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void logits_ofSixtyFourPixelImages_work(Architecture<?> architecture) {
    ImageShape large = new ImageShape(3, 64, 64);
    assertThat(narrow(architecture, large).logits(images(2, large)).shape())
        .containsExactly(2, CLASSES);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void logits_ofGreyImages_work(Architecture<?> architecture) {
    ImageShape grey = new ImageShape(1, 32, 32);
    assertThat(narrow(architecture, grey).logits(images(2, grey)).shape())
        .containsExactly(2, CLASSES);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void parameters_requireGradients(Architecture<?> architecture) {
    assertThat(narrow(architecture).parameters())
        .allSatisfy((name, p) -> assertThat(p.requires_grad()).isTrue());
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void backward_reachesEveryParameter(Architecture<?> architecture) {
    Network network = narrow(architecture);
    network.training(true);
    Tensor labels = Tensors.ofLongs(new long[] {0, 1, 2, 3, 4, 0, 1, 2});
    Tensor loss = torch.cross_entropy_loss(network.forward(images(8)), labels);
    List<String> names = new ArrayList<>(network.parameters().keySet());
    Tensor[] gradients =
        Tensors.gradients(loss, false, network.parameters().values().toArray(new Tensor[0]));
    for (int i = 0; i < gradients.length; i++) {
      double size = gradients[i].abs().sum().item_double();
      assertThat(size).as(names.get(i)).isPositive().isFinite();
    }
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void initialize_dependsOnTheSeedAlone(Architecture<?> architecture) {
    Network network = narrow(architecture);
    Tensor before = network.logits(images(2));
    NarrowNetworks.initialized(network, new Seed(77));
    assertThat(network.logits(images(2)).equal(before)).isFalse();
    NarrowNetworks.initialized(network, new Seed(1).child(architecture.id()));
    assertThat(network.logits(images(2)).equal(before)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void copy_isEqualAndIndependent(Architecture<?> architecture) {
    Network network = narrow(architecture);
    network.training(true);
    network.forward(images(8)); // moves the running statistics
    Network copy = network.copy();
    Tensor before = network.logits(images(2));

    assertThat(copy.training()).isTrue();
    assertThat(copy.state().keySet()).containsExactlyElementsOf(network.state().keySet());
    assertThat(copy.tapNames()).isEqualTo(network.tapNames());
    assertThat(copy.features()).isEqualTo(network.features());
    assertThat(copy.logits(images(2)).equal(before)).isTrue();
    assertThat(copy.parameters()).allSatisfy((name, p) -> assertThat(p.requires_grad()).isTrue());

    NarrowNetworks.initialized(copy, new Seed(9));
    assertThat(copy.logits(images(2)).equal(before)).isFalse();
    assertThat(network.logits(images(2)).equal(before)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void taps_areEachPassedExactlyOnce(Architecture<?> architecture) {
    Network network = narrow(architecture);
    List<String> passed = new ArrayList<>();
    Taps taps = Taps.none();
    for (String name : network.tapNames()) {
      taps =
          taps.and(
              name,
              output -> {
                passed.add(name);
                return output;
              });
    }
    network.forward(images(2), taps);
    assertThat(passed).containsExactlyInAnyOrderElementsOf(network.tapNames());
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void evaluation_isDeterministicAndLeavesTheStateAlone(Architecture<?> architecture) {
    Network network = narrow(architecture);
    List<String> before = hashes(network);
    Tensor first = network.logits(images(4));
    assertThat(network.logits(images(4)).equal(first)).isTrue();
    assertThat(hashes(network)).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void training_isBitIdenticalEachTime(Architecture<?> architecture) {
    assertThat(trained(architecture, 1)).isEqualTo(trained(architecture, 1));
  }

  @Test
  void training_withAllThreads_isBitIdenticalEachTime() {
    trainWithAllThreads(new PreActResNet18());
  }

  @ParameterizedTest
  @MethodSource("architectures")
  @Tag("long") // a minute and more where others use the cores
  void training_ofAnyWithAllThreads_isBitIdenticalEachTime(Architecture<?> architecture) {
    trainWithAllThreads(architecture);
  }

  private static void trainWithAllThreads(Architecture<?> architecture) {
    int threads = Runtime.getRuntime().availableProcessors();
    assertThat(trained(architecture, threads)).isEqualTo(trained(architecture, threads));
  }

  private static List<String> trained(Architecture<?> architecture, int threads) {
    Network network = narrow(architecture, DATA.shape(), 10);
    Engine.threads(threads);
    TrainingPlan plan = TrainingPlan.benchmark(1, new Augmentation(4, true)).withBatchSize(16);
    new Trainer("twice", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, RandomImages.of(48), plan, new Seed(3));
    return hashes(network);
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void training_movesTheRunningStatistics(Architecture<?> architecture) {
    Network network = narrow(architecture);
    assumeFalse(network.buffers().isEmpty(), "layer normalisations have no running statistics");
    List<String> before = hashes(network);
    network.training(true);
    network.forward(images(4));
    assertThat(hashes(network)).isNotEqualTo(before);
  }

  private static List<String> hashes(Network network) {
    List<String> hashes = new ArrayList<>();
    network.state().forEach((name, tensor) -> hashes.add(name + " " + Tensors.sha256(tensor)));
    return hashes;
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void build_forImagesTooSmall_isTheCallersMistake(Architecture<?> architecture) {
    assertThatThrownBy(() -> narrow(architecture, new ImageShape(3, 32, 2)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(architecture.id())
        .hasMessageContaining("3x32x2")
        .hasMessageContaining("at least");
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void forward_ofImagesOfAnotherShape_isTheCallersMistake(Architecture<?> architecture) {
    Network network = narrow(architecture);
    Tensor grey = images(2, new ImageShape(1, 32, 32));
    assertThatThrownBy(() -> network.forward(grey))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("3x32x32")
        .hasMessageContaining("[2, 1, 32, 32]");
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void numbers_ofZero_areTheCallersMistake(Architecture<?> architecture) {
    Record defaults = architecture.defaults(DATA);
    for (Options.Description option : Options.describe(defaults)) {
      if (option.value().isNumber()) {
        Map<String, String> none = Map.of(option.name(), "0");
        assertThatThrownBy(() -> Options.bind(architecture.id(), defaults, none))
            .isInstanceOf(UsageException.class)
            .hasMessageContaining(architecture.id())
            .hasMessageContaining(option.name())
            .hasMessageContaining("0");
      }
    }
  }
}
