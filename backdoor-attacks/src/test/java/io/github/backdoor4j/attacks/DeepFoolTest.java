package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class DeepFoolTest {

  /** Three classes over four pixels: scores are products with these rows. */
  private static final float[] WEIGHTS = {1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 4};

  private static Tensor linear(Tensor image) {
    return image.view(1, 4).matmul(Tensors.ofFloats(WEIGHTS, 3, 4).transpose(0, 1));
  }

  private static Tensor image(float... pixels) {
    return Tensors.ofFloats(pixels, 1, 1, 2, 2);
  }

  @Test
  void step_onALinearModel_isTheShortestWayOverTheBorder() {
    try (TensorScope scope = TensorScope.open()) {
      DeepFool fool = new DeepFool(DeepFoolTest::linear, 1, 0.02, 200);

      float[] step = Tensors.toFloats(fool.step(image(1, 0, 0, 0), 0).orElseThrow());

      // margin f1 - f0 = 2 x1 - x0 = -1, gradient (-1, 2, 0, 0), squared length 5
      assertThat(step).containsExactly(new float[] {-0.204f, 0.408f, 0, 0}, within(1e-6f));
    }
  }

  @Test
  void step_towardsAThirdClass_measuresAgainstTheFirstOne() {
    try (TensorScope scope = TensorScope.open()) {
      DeepFool fool = new DeepFool(DeepFoolTest::linear, 2, 0.5, 200);

      float[] step = Tensors.toFloats(fool.step(image(1, 0, 0, 0), 0).orElseThrow());

      // gradient of f2 - f0 is (-1, 0, 3, 4), squared length 26; one step of 1/26, half as long
      // again
      float unit = 1.5f / 26;
      assertThat(step).containsExactly(new float[] {-unit, 0, 3 * unit, 4 * unit}, within(1e-6f));
    }
  }

  @Test
  void step_fromTheTarget_isZero() {
    try (TensorScope scope = TensorScope.open()) {
      DeepFool fool = new DeepFool(DeepFoolTest::linear, 1, 0.02, 200);

      assertThat(Tensors.toFloats(fool.step(image(0, 1, 0, 0), 1).orElseThrow())).containsOnly(0);
    }
  }

  @Test
  void step_fromAnotherClassThanExpected_isEmpty() {
    try (TensorScope scope = TensorScope.open()) {
      DeepFool fool = new DeepFool(DeepFoolTest::linear, 1, 0.02, 200);

      assertThat(fool.step(image(1, 0, 0, 0), 2)).isEmpty();
    }
  }

  /** Class 1 catches up at 1e30, where squares are infinite and their difference is no number. */
  private static Tensor almostFlat(Tensor image) {
    Tensor first = image.view(1, 4).narrow(1, 0, 1);
    Tensor square = first.mul(first);
    Tensor slow = first.mul(new Scalar(1e-30)).add(square.sub(square));
    return torch.cat(new TensorVector(torch.ones_like(first), slow), 1);
  }

  @Test
  void step_thrownOutOfTheNumbersByAFlatSlope_isEmpty() {
    try (TensorScope scope = TensorScope.open()) {
      DeepFool fool = new DeepFool(DeepFoolTest::almostFlat, 1, 0.02, 200);

      assertThat(fool.step(image(1, 0, 0, 0), 0)).isEmpty();
    }
  }

  @Test
  void step_whereTheTargetIsOutOfReach_isEmpty() {
    try (TensorScope scope = TensorScope.open()) {
      // the score of class 1 always lies 1 below that of class 0, whatever the image
      DeepFool flat =
          new DeepFool(
              x -> Tensors.ofFloats(new float[] {1, 0}, 1, 2).add(x.sum().mul(Scalars.of(0))),
              1,
              0.02,
              200);
      // without overshoot a curved border is approached but not crossed in two steps
      DeepFool brief = new DeepFool(x -> linear(x.mul(x).mul(x)), 1, 0, 2);

      assertThat(flat.step(image(1, 0, 0, 0), 0)).isEmpty();
      assertThat(brief.step(image(1, 0.1f, 0, 0), 0)).isEmpty();
    }
  }

  @Test
  void step_onANetwork_leadsToTheTargetAndLeavesTheImage() {
    TinyScene scene = TinyScene.clean();
    try (TensorScope scope = TensorScope.open()) {
      Tensor unit =
          scene.test().images().narrow(0, 1, 1).to(ScalarType.Float).div(new Scalar(255.0));
      String before = Tensors.sha256(unit);
      DeepFool fool =
          new DeepFool(
              x -> scene.model().logits(scene.test().spec().normalization().fromUnit(x)),
              2,
              0.02,
              200);
      String weights = scene.contentHash();

      Optional<Tensor> step = fool.step(unit, 1);

      Tensor scores =
          scene
              .model()
              .logits(scene.test().spec().normalization().fromUnit(unit.add(step.orElseThrow())));
      assertThat(scores.argmax().item_long()).isEqualTo(2);
      assertThat(Tensors.sha256(unit)).isEqualTo(before);
      assertThat(scene.contentHash()).as("weights").isEqualTo(weights);
    }
  }
}
