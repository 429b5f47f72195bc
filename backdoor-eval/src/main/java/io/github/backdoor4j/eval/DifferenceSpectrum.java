package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.awt.image.BufferedImage;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** In which frequencies a change of an image lies. */
final class DifferenceSpectrum {

  private static final int CHANNELS = 3;
  private static final int TOP = 255;

  private DifferenceSpectrum() {}

  /**
   * The logarithm of one plus the magnitude of the difference's two-dimensional Fourier transform,
   * the mean of the three colours; frequency zero in the centre, the largest value white.
   *
   * @return grey, of the images' size; black if nothing changed
   */
  static BufferedImage of(BufferedImage before, BufferedImage after) {
    int width = before.getWidth();
    int height = before.getHeight();
    byte[] grey =
        TensorScope.compute(
            () -> {
              Tensor change = levels(after).sub(levels(before));
              Tensor magnitude = torch.fft_fftshift(torch.fft_fft2(change).abs(), 1, 2);
              Tensor logarithm = magnitude.mean(0).log1p();
              Tensor largest = logarithm.max().clamp_min(new Scalar(1e-6));
              return Tensors.toBytes(
                  logarithm.div(largest).mul(new Scalar(TOP)).round().to(ScalarType.Byte));
            });
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < grey.length; i++) {
      picture.setRGB(i % width, i / width, (grey[i] & TOP) * 0x010101);
    }
    return picture;
  }

  private static Tensor levels(BufferedImage image) {
    int size = image.getWidth() * image.getHeight();
    float[] planes = new float[CHANNELS * size];
    for (int i = 0; i < size; i++) {
      int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
      for (int c = 0; c < CHANNELS; c++) {
        planes[c * size + i] = (rgb >> (8 * (2 - c))) & TOP;
      }
    }
    return Tensors.ofFloats(planes, CHANNELS, image.getHeight(), image.getWidth());
  }
}
