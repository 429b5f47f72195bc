package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PgdTest {

  private static final float[] MIDDLE = {0.5f, 0.4f, 0.6f, 0.99f};

  /** Weights of a linear loss: up, down, nothing, up. */
  private static Tensor weights() {
    return Tensors.ofFloats(new float[] {2, -0.01f, 0, 7}, 1, 1, 2, 2);
  }

  private static Tensor images() {
    return Tensors.ofFloats(MIDDLE, 1, 1, 2, 2);
  }

  private static float[] moved(Pgd pgd) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = weights();
      return Tensors.toFloats(pgd.run(images(), images(), x -> x.mul(weights).sum()));
    }
  }

  @Test
  void run_oneStepOnALinearLoss_movesEachValueByTheStep() {
    assertThat(moved(new Pgd(0.3, 0.1, 1, true)))
        .containsExactly(new float[] {0.6f, 0.3f, 0.6f, 1}, within(1e-6f));
    assertThat(moved(new Pgd(0.3, 0.1, 1, false)))
        .containsExactly(new float[] {0.4f, 0.5f, 0.6f, 0.89f}, within(1e-6f));
  }

  @Test
  void run_manySteps_stayInTheBallAndInTheUnitRange() {
    assertThat(moved(new Pgd(0.25, 0.1, 9, true)))
        .containsExactly(new float[] {0.75f, 0.15f, 0.6f, 1}, within(1e-6f));
  }

  @Test
  void run_euclideanStep_goesAlongTheGradientByTheStep() {
    // the weights are 7.2801 long: 0.1 times 2, -0.01, 0 and 7 of it; the last value ends at 1
    assertThat(moved(new Pgd(0.3, 0.1, 1, true, true)))
        .containsExactly(new float[] {0.527472f, 0.399863f, 0.6f, 1}, within(1e-5f));
  }

  @Test
  void run_manyEuclideanSteps_endAtTheRadius_eachImageByItsOwnLength() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = Tensors.ofFloats(new float[] {3, 4, 0, 0, 0, 0, 0.5f, 0}, 2, 1, 2, 2);
      Tensor grey = weights.mul(Tensors.scalar(0)).add(Tensors.scalar(0.5));

      Tensor moved = new Pgd(0.25, 0.1, 9, true, true).run(grey, grey, x -> x.mul(weights).sum());

      assertThat(Tensors.toFloats(moved))
          .containsExactly(
              new float[] {0.65f, 0.7f, 0.5f, 0.5f, 0.5f, 0.5f, 0.75f, 0.5f}, within(1e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void run_constantLoss_leavesImagesAsTheyAre(boolean euclidean) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor still =
          new Pgd(0.3, 0.1, 5, true, euclidean)
              .run(images(), images(), x -> x.mul(Tensors.scalar(0)).sum());

      assertThat(Tensors.toFloats(still)).containsExactly(MIDDLE);
    }
  }

  @Test
  void run_startOutsideTheCentre_isProjectedAroundTheCentre() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = weights();
      Tensor start = images().sub(Tensors.scalar(0.2));

      Tensor moved = new Pgd(0.1, 0.15, 1, true).run(start, images(), x -> x.mul(weights).sum());

      assertThat(Tensors.toFloats(moved))
          .containsExactly(new float[] {0.45f, 0.3f, 0.5f, 0.94f}, within(1e-6f));
    }
  }

  @Test
  void run_lossBelowEnough_stops() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor weights = weights();
      AtomicInteger calls = new AtomicInteger();

      // 7.926 at the start, and 0.901 less with each step of 0.1
      Tensor moved =
          new Pgd(1, 0.1, 100, false)
              .run(
                  images(),
                  images(),
                  6.5,
                  x -> {
                    calls.incrementAndGet();
                    return x.mul(weights).sum();
                  });

      assertThat(calls).hasValue(3);
      assertThat(Tensors.toFloats(moved)[0]).isEqualTo(0.3f, within(1e-6f));
    }
  }

  @Test
  void run_whereGradientsAreOff_stillMoves_andLeavesItsInputsAlone() {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor weights = weights();
      Tensor images = images();

      Tensor moved = new Pgd(0.3, 0.1, 1, true).run(images, images, x -> x.mul(weights).sum());

      assertThat(Tensors.toFloats(moved)[0]).isEqualTo(0.6f, within(1e-6f));
      assertThat(Tensors.toFloats(images)).containsExactly(MIDDLE);
      assertThat(images.requires_grad()).isFalse();
    }
  }

  @Test
  void portions_filledUp_giveEachImageOnce() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.uniform(Tensors.generator(new Seed(1)), 0, 1, 7, 1, 2, 2);
      AtomicInteger calls = new AtomicInteger();

      Tensor doubled =
          Portions.mapFilled(
              images,
              3,
              portion -> {
                calls.incrementAndGet();
                assertThat(portion.size(0)).isEqualTo(3);
                return portion.mul(Tensors.scalar(2));
              });

      assertThat(calls).hasValue(3);
      assertThat(doubled.equal(images.mul(Tensors.scalar(2)))).isTrue();
    }
  }
}
