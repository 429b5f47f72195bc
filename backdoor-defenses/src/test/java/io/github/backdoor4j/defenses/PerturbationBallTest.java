package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.PerturbationBall.Norm;
import io.github.backdoor4j.defenses.PerturbationBall.Start;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PerturbationBallTest {

  private static final PerturbationBall ROUND = new PerturbationBall(Norm.L2, 3);
  private static final PerturbationBall SQUARE = new PerturbationBall(Norm.LINF, 0.2);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** (3, 4) to radius 3 gives (1.8, 2.4); the other rows lie within and at the centre. */
  @Test
  void projectionToTheRoundBall_shortensEachRowByItself() {
    Tensor delta = Tensors.ofFloats(new float[] {3, 4, 1, -2, 0, 0}, 3, 1, 1, 2);

    float[] projected = Tensors.toFloats(ROUND.project(delta));

    assertThat(projected).containsExactly(new float[] {1.8f, 2.4f, 1, -2, 0, 0}, within(1e-6f));
  }

  @Test
  void projectionToTheSquareBall_cutsEachValue() {
    Tensor delta = Tensors.ofFloats(new float[] {0.3f, -0.1f, -5, 0.2f}, 1, 1, 2, 2);

    assertThat(Tensors.toFloats(SQUARE.project(delta))).containsExactly(0.2f, -0.1f, -0.2f, 0.2f);
  }

  /** The first sign step of 0.1 has norm 0.1·√3072 = 5.54 and ends at norm 3. */
  @Test
  void signStepOnACifarImage_isBroughtBackToTheRadius() {
    Tensor step = torch.full(new long[] {2, 3, 32, 32}, new Scalar(0.1));

    Tensor projected = ROUND.project(step);

    assertThat(step.narrow(0, 0, 1).norm().item_double()).isCloseTo(5.5425626, within(1e-5));
    assertThat(projected.narrow(0, 1, 1).norm().item_double()).isCloseTo(3, within(1e-5));
  }

  @Test
  void starts_lieInTheBall() {
    Tensor like = torch.zeros(2, 1, 3, 3);

    assertThat(values(SQUARE, Start.ZERO, like)).containsOnly(0);
    assertThat(values(SQUARE, Start.UPPER, like)).containsOnly(0.2f);
    assertThat(values(SQUARE, Start.LOWER, like)).containsOnly(-0.2f);
    assertThat(values(ROUND, Start.UPPER, like)).containsOnly(1f); // 3/√9
    float[] random = values(SQUARE, Start.RANDOM, like);
    assertThat(random).doesNotHaveDuplicates();
    for (float value : random) {
      assertThat(value).isBetween(-0.2f, 0.2f);
    }
    assertThat(values(SQUARE, Start.RANDOM, like)).isEqualTo(random);
  }

  private static float[] values(PerturbationBall ball, Start start, Tensor like) {
    return Tensors.toFloats(ball.start(start, like, Tensors.generator(new Seed(1))));
  }

  private static final Normalization NORM =
      new Normalization(List.of(0.5, 0.25), List.of(0.25, 0.5));

  /** Two channels of one pixel: 0.75 and 0.25, normalised 1 and 0. */
  private static Tensor image() {
    return Tensors.ofFloats(new float[] {1, 0}, 1, 2, 1, 1);
  }

  private static float[] perturbed(PerturbationSpace space, float first, float second) {
    Tensor delta = Tensors.ofFloats(new float[] {first, second}, 1, 2, 1, 1);
    return Tensors.toFloats(space.add(image(), delta, NORM));
  }

  @Test
  void normalizedSpace_addsAsItIs() {
    assertThat(perturbed(PerturbationSpace.NORMALIZED, 0.5f, -2)).containsExactly(1.5f, -2);
  }

  /** 0.75 + 0.5 = 1.25 is (1.25 − 0.5)/0.25 = 3; 0.25 − 1 = −0.75 is −1/0.5 = −2. */
  @Test
  void pixelSpace_dividesByTheDeviation_andMayLeaveTheImages() {
    assertThat(perturbed(PerturbationSpace.PIXEL, 0.5f, -1)).containsExactly(3, -2);
  }

  /** 1 is (1 − 0.5)/0.25 = 2; 0 is −0.25/0.5. */
  @Test
  void clippedPixelSpace_staysWithinTheImages() {
    assertThat(perturbed(PerturbationSpace.CLIPPED_PIXEL, 0.5f, -1)).containsExactly(2, -0.5f);
    assertThat(perturbed(PerturbationSpace.CLIPPED_PIXEL, 0.125f, 0)).containsExactly(1.5f, 0);
  }

  @Test
  void clippedPixels_haveNoGradient() {
    Tensor delta = Tensors.ofFloats(new float[] {0.5f, 0.1f}, 1, 2, 1, 1).set_requires_grad(true);

    Tensor sum = PerturbationSpace.CLIPPED_PIXEL.add(image(), delta, NORM).sum();

    assertThat(Tensors.toFloats(Tensors.gradients(sum, false, delta)[0]))
        .containsExactly(0, 2); // 1/std of the second
  }

  /** Down the sum: from the upper corner every value goes to 0 and then to the lower one. */
  @Test
  void signedSteps_jumpBetweenTheCorners() {
    Tensor images = torch.zeros(2, 1, 2, 2);

    assertThat(searched(images, 1)).containsOnly(0);
    assertThat(searched(images, 2)).containsOnly(-0.2f);
    assertThat(searched(images, 3)).containsOnly(-0.2f);
  }

  private static float[] searched(Tensor images, int steps) {
    ProjectedDescent descent = new ProjectedDescent(SQUARE, Start.UPPER, steps, 0.2, true);
    return Tensors.toFloats(
        descent.search(images, Tensors.generator(new Seed(1)), d -> Optional.of(d.sum())));
  }

  /** The gradient of Σ d²/2 is d itself: 1 − 0.25 = 0.75, then 0.75². */
  @Test
  void unsignedSteps_followTheGradient() {
    ProjectedDescent descent =
        new ProjectedDescent(new PerturbationBall(Norm.LINF, 1), Start.UPPER, 2, 0.25, false);

    Tensor found =
        descent.search(
            torch.zeros(1, 1, 1, 2),
            Tensors.generator(new Seed(1)),
            d -> Optional.of(d.square().sum().mul(new Scalar(0.5))));

    assertThat(Tensors.toFloats(found)).containsOnly(0.5625f);
    assertThat(found.requires_grad()).isFalse();
  }

  @Test
  void search_stopsWhereTheObjectiveIsContent() {
    ProjectedDescent descent = new ProjectedDescent(ROUND, Start.ZERO, 10, 0.5, false);
    int[] asked = {0};

    Tensor found =
        descent.search(
            torch.zeros(1, 1, 1, 1),
            Tensors.generator(new Seed(1)),
            d -> {
              asked[0]++;
              return d.item_double() <= -1 ? Optional.empty() : Optional.of(d.sum());
            });

    assertThat(found.item_double()).isEqualTo(-1);
    assertThat(asked[0]).isEqualTo(3);
  }
}
