package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class SpatialMaximaTest {

  private final TinyScene scene = TinyScene.backdoored();
  private final DefenseContext context =
      TinyContexts.defense(new EntropyPruning(), scene, new Seed(1));

  private Map<String, double[]> maxima(Network network, long valuesAtOnce, ImageDataset data) {
    List<Layer.BatchNorm2d> layers = NormChannels.of(network, "test").layers();
    return new SpatialMaxima(context, network, layers, valuesAtOnce)
        .map(data.images(), data.spec().normalization(), Tensors::toDoubles);
  }

  @Test
  void maxima_areThoseOfTheConvolutionsOutputs_overSeveralBatches() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = scene.model().copy();
      ImageDataset data =
          scene.training().subset(java.util.stream.LongStream.range(0, 300).toArray());

      Map<String, double[]> maxima = maxima(network, 1L << 20, data);

      Recorder recorder = new Recorder("conv1", "conv4");
      Tensors.withoutGradients(
          () ->
              network.forward(
                  data.spec().normalization().normalize(data.images()), recorder.taps()));
      Tensor first = recorder.get("conv1").flatten(2, 3).max(2).get0();
      Tensor last = recorder.get("conv4").flatten(2, 3).max(2).get0();
      assertThat(maxima.get("bn1")).containsExactly(Tensors.toDoubles(first), within(1e-5));
      assertThat(maxima.get("bn4")).containsExactly(Tensors.toDoubles(last), within(1e-5));
    }
  }

  /** 12 + 16 + 16 + 16 channels. */
  @Test
  void layersThatDoNotFitTogether_areTakenInSeveralPasses_withTheSameResult() {
    try (TensorScope scope = TensorScope.open()) {
      Network network = scene.model().copy();
      List<Layer.BatchNorm2d> layers = NormChannels.of(network, "test").layers();

      assertThat(new SpatialMaxima(context, network, layers, 2800).groups(100))
          .extracting(List::size)
          .containsExactly(2, 1, 1);
      assertThat(new SpatialMaxima(context, network, layers, 1).groups(100)).hasSize(4);
      Map<String, double[]> apart = new LinkedHashMap<>(maxima(network, 1, scene.holdout()));
      Map<String, double[]> together = maxima(network, 1L << 20, scene.holdout());
      assertThat(apart.keySet()).containsExactlyElementsOf(together.keySet());
      apart.forEach((layer, values) -> assertThat(values).isEqualTo(together.get(layer)));
    }
  }
}
