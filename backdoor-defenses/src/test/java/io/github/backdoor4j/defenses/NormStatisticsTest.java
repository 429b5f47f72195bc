package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class NormStatisticsTest {

  /** In TinyNetwork a convolution's output is the normalisation's input. */
  @Test
  void unequalBatches_areWeighedByTheirImages() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network network = scene.model().copy();
      List<Layer.BatchNorm2d> layers = NormChannels.of(network, "test").layers();
      Tensor images = scene.test().spec().normalization().normalize(scene.test().images());
      NormStatistics statistics = new NormStatistics(layers);
      Recorder recorder = new Recorder("conv3");

      Tensors.withoutGradients(() -> network.forward(images.narrow(0, 0, 70), statistics.taps()));
      Tensors.withoutGradients(() -> network.forward(images.narrow(0, 70, 130), statistics.taps()));

      Tensors.withoutGradients(() -> network.forward(images, recorder.taps()));
      double[][] expected = twoPass(recorder.get("conv3"));
      assertThat(statistics.means("bn3")).containsExactly(expected[0], within(1e-5));
      assertThat(statistics.variances("bn3")).containsExactly(expected[1], within(1e-4));
    }
  }

  /** Mean and unbiased variance per channel, one value after the other. */
  private static double[][] twoPass(Tensor x) {
    double[] values = Tensors.toDoubles(x.transpose(0, 1));
    int channels = (int) x.size(1);
    int each = values.length / channels;
    double[][] result = new double[2][channels];
    for (int c = 0; c < channels; c++) {
      for (int i = c * each; i < (c + 1) * each; i++) {
        result[0][c] += values[i] / each;
      }
      for (int i = c * each; i < (c + 1) * each; i++) {
        result[1][c] += Math.pow(values[i] - result[0][c], 2) / (each - 1);
      }
    }
    return result;
  }
}
