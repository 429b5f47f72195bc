package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.ArchitectureContract;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreActResNet18Test implements ArchitectureContract<PreActResNet18.Options> {

  private static final ImageShape SMALL = new ImageShape(3, 32, 32);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Override
  public PreActResNet18 strategy() {
    return new PreActResNet18();
  }

  @Override
  public PreActResNet18.Options options(DatasetSpec data) {
    return new PreActResNet18.Options(4);
  }

  private static Network network(int classes, int width, ImageShape shape) {
    return new PreActResNet18()
        .build(new NetworkSpec(shape, classes), new PreActResNet18.Options(width));
  }

  @Test
  void registry_knowsItByIdAndAlias() {
    var architectures = Registries.load().architectures();
    assertThat(architectures.get("preact-resnet18")).isInstanceOf(PreActResNet18.class);
    assertThat(architectures.get("preactresnet18")).isInstanceOf(PreActResNet18.class);
  }

  /** The published counts for CIFAR-10, GTSRB, CIFAR-100 and Tiny-ImageNet. */
  @ParameterizedTest
  @CsvSource({"10, 11171146", "43, 11188075", "100, 11217316", "200, 11268616"})
  void parameterCount_atWidth64_isThePublishedOne(int classes, long count) {
    assertThat(network(classes, 64, SMALL).parameterCount()).isEqualTo(count);
  }

  @Test
  void parameters_haveTheNamesOfPublishedWeights() {
    assertThat(network(10, 4, SMALL).state().keySet())
        .hasSize(1 + 8 * (2 + 2 + 2) + 3 + 2 + 16 * 2)
        .contains(
            "conv1.weight",
            "layer1.0.bn1.weight",
            "layer1.0.bn1.bias",
            "layer1.0.bn1.running_mean",
            "layer1.0.bn1.running_var",
            "layer1.0.conv1.weight",
            "layer4.1.bn2.weight",
            "layer4.1.conv2.weight",
            "layer2.0.shortcut.0.weight",
            "layer3.0.shortcut.0.weight",
            "layer4.0.shortcut.0.weight",
            "linear.weight",
            "linear.bias")
        .doesNotContain("layer1.0.shortcut.0.weight", "layer2.1.shortcut.0.weight", "bn1.weight");
  }

  @Test
  void batchNormalisations_areSixteenWith3392Channels() {
    List<Layer.BatchNorm2d> norms =
        network(10, 64, SMALL).layers().stream()
            .filter(Layer.BatchNorm2d.class::isInstance)
            .map(Layer.BatchNorm2d.class::cast)
            .toList();
    assertThat(norms).hasSize(16);
    assertThat(norms.stream().mapToInt(Layer.BatchNorm2d::channels).sum()).isEqualTo(3392);
  }

  @Test
  void features_areTheLastBlockAndItsAverage() {
    assertThat(network(10, 4, SMALL).features())
        .isEqualTo(
            new FeatureLayout("layer4", "avgpool", "linear")
                .withStages(List.of("layer1", "layer2", "layer3", "layer4"), "layer4.1.relu1"));
  }

  @ParameterizedTest
  @CsvSource({
    "conv1, 4, 32",
    "layer1, 4, 32",
    "layer2, 8, 16",
    "layer3, 16, 8",
    "layer4, 32, 4",
    "layer2.0.relu1, 4, 32",
    "layer2.0.relu2, 8, 16",
    "layer2.0.shortcut.0, 8, 16"
  })
  void taps_haveTheShapesOfTheStages(String tap, int channels, int side) {
    Network network = network(10, 4, SMALL).initialize(new Seed(1));
    Recorder small = new Recorder(tap);
    network.forward(torch.zeros(2, 3, 32, 32), small.taps());
    assertThat(small.get(tap).shape()).containsExactly(2, channels, side, side);

    Recorder large = new Recorder(tap);
    Network twice = network(10, 4, new ImageShape(3, 64, 64)).initialize(new Seed(1));
    twice.forward(torch.zeros(2, 3, 64, 64), large.taps());
    assertThat(large.get(tap).shape()).containsExactly(2, channels, 2L * side, 2L * side);
  }

  @Test
  void features_mayBeNegative_sinceNoReluFollowsTheLastBlock() {
    Network network = network(10, 4, SMALL).initialize(new Seed(1));
    Recorder recorder = new Recorder("avgpool");
    network.forward(torch.ones(1, 3, 32, 32), recorder.taps());
    assertThat(recorder.get("avgpool").min().item_double()).isNegative();
  }

  @Test
  void identityShortcut_carriesTheRawInput() {
    Network network = network(10, 4, SMALL).initialize(new Seed(1));
    Recorder recorder = new Recorder("conv1", "layer1.0.conv2", "layer1.0");
    network.forward(torch.ones(1, 3, 32, 32), recorder.taps());
    Tensor expected = recorder.get("conv1").add(recorder.get("layer1.0.conv2"));
    assertThat(recorder.get("layer1.0").equal(expected)).isTrue();
  }

  @Test
  void projectionShortcut_startsAfterTheFirstRelu() {
    Network network = network(10, 4, SMALL).initialize(new Seed(1));
    Recorder recorder = new Recorder("layer2.0.relu1", "layer2.0.shortcut.0");
    network.forward(torch.ones(1, 3, 32, 32), recorder.taps());
    Tensor expected =
        torch.conv2d(
            recorder.get("layer2.0.relu1"),
            network.parameters().get("layer2.0.shortcut.0.weight"),
            new org.bytedeco.pytorch.TensorOptional(),
            new long[] {2, 2},
            new long[] {0, 0},
            new long[] {1, 1},
            1);
    assertThat(recorder.get("layer2.0.shortcut.0").equal(expected)).isTrue();
  }
}
