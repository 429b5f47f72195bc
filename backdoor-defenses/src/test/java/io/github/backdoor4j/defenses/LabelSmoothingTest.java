package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelSmoothingTest {

  private static double divergence(double share, Tensor logits, long... labels) {
    Tensor crossEntropy = torch.cross_entropy_loss(logits, Tensors.ofLongs(labels));
    return new LabelSmoothing(share).divergence(crossEntropy, logits).item_double();
  }

  /** Logits 2, 1, 0 and label 0; smoothed cross entropy itself would be 0.55760596. */
  @ParameterizedTest
  @CsvSource({"0, 0.40760596", "0.1, 0.16320827"})
  void divergence_ofThreeClasses(double share, double expected) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor logits = Tensors.ofFloats(new float[] {2, 1, 0}, 1, 3);

      assertThat(divergence(share, logits, 0)).isCloseTo(expected, within(1e-6));
    }
  }

  @Test
  void divergence_isZero_whereThePredictionIsTheSmoothedLabel() {
    try (TensorScope scope = TensorScope.open()) {
      float other = (float) Math.log(0.1 / 2);
      float right = (float) Math.log(0.9);
      Tensor logits = Tensors.ofFloats(new float[] {other, right, other}, 1, 3);

      assertThat(divergence(0.1, logits, 1)).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void divergence_ofABatch_isTheMean() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor two = Tensors.ofFloats(new float[] {2, 1, 0, -1, 3, 0}, 2, 3);
      double first = divergence(0.2, two.narrow(0, 0, 1), 0);
      double second = divergence(0.2, two.narrow(0, 1, 1), 2);

      assertThat(divergence(0.2, two, 0, 2)).isCloseTo((first + second) / 2, within(1e-6));
    }
  }
}
