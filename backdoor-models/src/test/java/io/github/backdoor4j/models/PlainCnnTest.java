package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.ArchitectureContract;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class PlainCnnTest implements ArchitectureContract<PlainCnn.Options> {

  @Override
  public PlainCnn strategy() {
    return new PlainCnn();
  }

  @Override
  public PlainCnn.Options options(DatasetSpec data) {
    return new PlainCnn.Options(4);
  }

  private static Network network() {
    NetworkSpec spec = new NetworkSpec(new ImageShape(3, 32, 32), 10);
    return new PlainCnn().build(spec, new PlainCnn.Options(16)).initialize(new Seed(1));
  }

  @Test
  void parameterCount_isThatOfThreeConvolutionsAndOneAffineLayer() {
    try (TensorScope scope = TensorScope.open()) {
      int convolutions = 9 * (3 * 16 + 16 * 32 + 32 * 64);
      int norms = 2 * (16 + 32 + 64);
      assertThat(network().parameterCount()).isEqualTo(convolutions + norms + 64 * 10 + 10);
    }
  }

  @Test
  void features_areTheRectifiedLastMapAndItsAverage() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = network();
      assertThat(network.features())
          .isEqualTo(
              new FeatureLayout("relu3", "avgpool", "linear")
                  .withStages(List.of("relu1", "relu2", "relu3"), "pool2"));
      Recorder recorder = new Recorder("pool1", "pool2", "relu3");
      network.forward(torch.ones(2, 3, 32, 32), recorder.taps());
      assertThat(recorder.get("pool1").shape()).containsExactly(2, 16, 16, 16);
      assertThat(recorder.get("pool2").shape()).containsExactly(2, 32, 8, 8);
      assertThat(recorder.get("relu3").shape()).containsExactly(2, 64, 8, 8);
      assertThat(recorder.get("relu3").min().item_double()).isZero();
    }
  }
}
