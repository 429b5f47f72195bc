package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class SmoothPatternSearchTest {

  private static final Seed SEED = new Seed(4);
  private static final int TARGET = 2;

  private static Tensor learn(double enough, int passes, boolean keepBest, Seed seed) {
    TinyScene scene = TinyScene.clean();
    return new SmoothPatternSearch(
            scene.model(),
            scene.test().spec().normalization(),
            new SmoothPatternSearch.Settings(TARGET, passes, enough, 51, keepBest))
        .learn(TinyImages.blobs(40, SEED.child("images")), scene.holdout(), seed);
  }

  private static double changed(Tensor pattern, ImageDataset data) {
    Inference inference = Inference.on(ComputeDevice.CPU);
    long[] plain = inference.predict(TinyScene.clean().model(), data);
    Tensor stamped = new SmoothTrigger(pattern).stamp(data.images(), new long[data.size()]);
    long[] shown =
        inference.predict(TinyScene.clean().model(), stamped, data.spec().normalization());
    return (double) IntStream.range(0, plain.length).filter(i -> plain[i] != shown[i]).count()
        / plain.length;
  }

  @Test
  void stretched_matchesTheVector() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor values = AbstractTensor.create(new double[] {-1, 0, 3}, 3);

      assertThat(Tensors.toDoubles(SmoothPatternSearch.stretched(values, 0.2)))
          .containsExactly(new double[] {0, 0.05, 0.2}, within(1e-12));
      assertThat(
              Tensors.toDoubles(
                  SmoothPatternSearch.stretched(
                      AbstractTensor.create(new double[] {7, 7}, 2), 0.2)))
          .containsOnly(0);
    }
  }

  @Test
  void learn_againstACleanModel_changesEnoughPredictions() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor pattern = learn(0.2, 50, true, SEED);

      assertThat(pattern.shape()).containsExactly(1, 3, 16, 16);
      assertThat(changed(pattern, TinyScene.clean().holdout())).isGreaterThanOrEqualTo(0.2);
      assertThat(changed(pattern, TinyScene.clean().test())).isGreaterThan(0.1);
    }
  }

  @Test
  void learn_fillsItsRangeAndStaysSmooth() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor pattern = learn(0.2, 3, true, SEED);

      assertThat(pattern.min().item_float()).isZero();
      assertThat(pattern.max().item_float()).isEqualTo(51);
      Tensor energy = Dct.forward(pattern.to(ScalarType.Double)).square();
      double low = energy.narrow(2, 0, 4).narrow(3, 0, 4).sum().item_double();
      assertThat(low / energy.sum().item_double()).isGreaterThan(0.99);
    }
  }

  @Test
  void learn_sameSeedGivesTheSame_anotherOrderAnother() {
    try (TensorScope scope = TensorScope.open()) {
      String first = Tensors.sha256(learn(1, 2, true, SEED));

      assertThat(Tensors.sha256(learn(1, 2, true, SEED))).isEqualTo(first);
      assertThat(Tensors.sha256(learn(1, 2, true, SEED.child("other")))).isNotEqualTo(first);
    }
  }

  @Test
  void learn_keepingTheBest_isNeverWorseThanTheLast() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset holdout = TinyScene.clean().holdout();

      assertThat(changed(learn(1, 6, true, SEED), holdout))
          .isGreaterThanOrEqualTo(changed(learn(1, 6, false, SEED), holdout));
    }
  }

  @Test
  void learn_leavesTheModelAlone() {
    String before = TinyScene.clean().contentHash();
    try (TensorScope scope = TensorScope.open()) {
      learn(0.2, 1, true, SEED);
    }

    assertThat(TinyScene.clean().contentHash()).isEqualTo(before);
  }
}
