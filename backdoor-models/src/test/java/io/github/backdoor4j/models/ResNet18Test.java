package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.ArchitectureContract;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResNet18Test implements ArchitectureContract<ResNetOptions> {

  @Override
  public ResNet18 strategy() {
    return new ResNet18();
  }

  @Override
  public ResNetOptions options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }

  private static Network network(String stem, int side) {
    ResNetOptions options =
        Options.bind(
            "resnet18", new ResNetOptions(4, ResNetOptions.Stem.IMAGENET), Map.of("stem", stem));
    return new ResNet18()
        .build(new NetworkSpec(new ImageShape(3, side, side), 10), options)
        .initialize(new Seed(1));
  }

  @ParameterizedTest
  @CsvSource({
    "imagenet, relu, 4, 16",
    "imagenet, maxpool, 4, 8",
    "imagenet, layer1, 4, 8",
    "imagenet, layer4, 32, 1",
    "cifar, relu, 4, 32",
    "cifar, layer1, 4, 32",
    "cifar, layer4.0.relu1, 32, 4",
    "cifar, layer4, 32, 4"
  })
  void taps_haveTheSizesThatTheStemLeaves(String stem, String tap, int channels, int side) {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(stem, 32);
      Recorder recorder = new Recorder(tap);
      network.forward(torch.zeros(2, 3, 32, 32), recorder.taps());
      assertThat(recorder.get(tap).shape()).containsExactly(2, channels, side, side);
    }
  }

  @Test
  void stemForImagenet_ofSmallImages_isTheCallersMistake() {
    assertThatThrownBy(() -> network("imagenet", 28))
        .isInstanceOf(UsageException.class)
        .hasMessage("resnet18 needs images of at least 32x32 pixels, but they are 3x28x28");
    assertThat(network("cifar", 28).classes()).isEqualTo(10);
  }
}
