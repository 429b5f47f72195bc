package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.ArchitectureContract;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VitB16Test implements ArchitectureContract<VitB16.Options> {

  @Override
  public VitB16 strategy() {
    return new VitB16();
  }

  @Override
  public VitB16.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }

  /** With all paths open, which first weights close: nothing could be seen at the taps. */
  @Override
  public Network network(Seed seed) {
    DatasetSpec data = inputs().get(0);
    return NarrowNetworks.initialized(strategy().build(NetworkSpec.of(data), options(data)), seed);
  }

  private static Network vit(int imageSize, int side) {
    return new VitB16()
        .build(
            new NetworkSpec(new ImageShape(3, side, side), 10), new VitB16.Options(imageSize, 64))
        .initialize(new Seed(1));
  }

  @Test
  void images_ofAnotherSize_areResizedWithinTheNetwork() {
    try (TensorScope scope = TensorScope.open()) {
      Recorder recorder =
          new Recorder("resized", "encoder.layers.encoder_layer_11.self_attention.weights");
      vit(48, 32).forward(torch.ones(2, 3, 32, 32), recorder.taps());
      assertThat(recorder.get("resized").shape()).containsExactly(2, 3, 48, 48);
      Tensor weights = recorder.get("encoder.layers.encoder_layer_11.self_attention.weights");
      assertThat(weights.shape()).containsExactly(2, 1, 10, 10);
      for (double sum : Tensors.toDoubles(weights.sum(3))) {
        assertThat(sum).isCloseTo(1, within(1e-5));
      }
    }
  }

  @Test
  void firstLogits_areZero_sinceTheHeadIs() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor logits = vit(32, 32).logits(torch.ones(2, 3, 32, 32));
      assertThat(logits.abs().max().item_double()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {80, 32})
  void positions_ofAnotherSize_areTheReferences(int imageSize) throws IOException {
    JsonNode expected =
        NetworkReferenceTest.reference().get("positions").get(String.valueOf(imageSize));
    try (TensorScope scope = TensorScope.open()) {
      Tensor before =
          NetworkReferenceTest.tensor(
              NetworkReferenceTest.noise("positions", 1, 10, 4), 1, 0, 1, 10, 4);
      Tensor other = torch.ones(3);

      Map<String, Tensor> fitted =
          VitB16.fitted(Map.of("encoder.pos_embedding", before, "other", other), imageSize);

      assertThat(fitted.get("other")).isSameAs(other);
      NetworkReferenceTest.assertClose(
          "positions", fitted.get("encoder.pos_embedding"), expected, 1e-5);
    }
  }

  @Test
  void weights_fittedToAnotherSize_areTakenByItsNetwork() {
    try (TensorScope scope = TensorScope.open()) {
      Network small = vit(32, 32);
      Network large = vit(64, 32);
      large.copyState(VitB16.fitted(small.state(), 64));
      assertThat(VitB16.fitted(small.state(), 32).get("encoder.pos_embedding"))
          .isSameAs(small.state().get("encoder.pos_embedding"));
    }
  }

  @Test
  void fitted_ofOtherWeights_isTheCallersMistake() {
    try (TensorScope scope = TensorScope.open()) {
      assertThatThrownBy(() -> VitB16.fitted(Map.of(), 32))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("encoder.pos_embedding");
      Map<String, Tensor> oblong = Map.of("encoder.pos_embedding", torch.zeros(1, 7, 4));
      assertThatThrownBy(() -> VitB16.fitted(oblong, 32))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("[1, 7, 4]");
      assertThatThrownBy(() -> VitB16.fitted(oblong, 40))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("multiple")
          .hasMessageContaining("40");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-16, 0, 8, 40})
  void imageSize_thatIsNoMultipleOf16_isTheCallersMistake(int size) {
    assertThatThrownBy(() -> new VitB16.Options(size, 64))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("image_size")
        .hasMessageContaining(String.valueOf(size));
  }
}
