package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class InterferenceTest {

  @Test
  void interference_withoutAny_leavesImagesAsTheyAre() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.uniform(Tensors.generator(new Seed(1)), 0, 1, 6, 3, 8, 8);

      Tensor same = disturbed(images, new Interference(0, false, false));

      assertThat(same.sub(images).abs().max().item_double()).isLessThan(1e-5);
    }
  }

  private static Tensor disturbed(Tensor images, Interference interference) {
    Tensor maps =
        interference.draw(images.size(0), ComputeDevice.CPU, Tensors.generator(new Seed(2)));
    return Interference.apply(images, maps);
  }

  @Test
  void interference_flip_mirrorsAboutHalfTheImages() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.uniform(Tensors.generator(new Seed(1)), 0, 1, 40, 3, 8, 8);

      Tensor result = disturbed(images, new Interference(0, false, true));

      int mirrored = 0;
      for (long i = 0; i < 40; i++) {
        Tensor image = images.narrow(0, i, 1);
        boolean flipped = close(result.narrow(0, i, 1), image.flip(3));
        assertThat(flipped || close(result.narrow(0, i, 1), image)).as("image %d", i).isTrue();
        mirrored += flipped ? 1 : 0;
      }
      assertThat(mirrored).isBetween(10, 30);
    }
  }

  private static boolean close(Tensor one, Tensor other) {
    return one.sub(other).abs().max().item_double() < 1e-5;
  }

  @Test
  void interference_crop_showsSevenEighthsOfARamp() {
    try (TensorScope scope = TensorScope.open()) {
      float[] ramp = new float[40 * 32 * 32];
      for (int i = 0; i < ramp.length; i++) {
        ramp[i] = i % 32;
      }
      Tensor images = Tensors.ofFloats(ramp, 40, 1, 32, 32);

      Tensor result = disturbed(images, new Interference(0, true, false));

      float[] row = Tensors.toFloats(result.select(2, 16));
      int cropped = 0;
      for (int i = 0; i < 40; i++) {
        double step = (row[32 * i + 25] - row[32 * i + 5]) / 20;
        boolean cut = step < 0.9;
        cropped += cut ? 1 : 0;
        assertThat(step).as("pixels per pixel").isEqualTo(cut ? 0.875 : 1, within(1e-4));
        assertThat(row[32 * i + 1]).as("left end").isBetween(0.8f, 5.0f);
      }
      assertThat(cropped).isBetween(10, 30);
    }
  }
}
