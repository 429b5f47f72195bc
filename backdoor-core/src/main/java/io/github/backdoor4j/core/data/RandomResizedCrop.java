package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Cuts a random rectangle out of each image and resizes it to the image's size, with the draws of
 * torchvision's {@code RandomResizedCrop}.
 *
 * @param minScale smallest share of the image's area, above 0
 * @param maxScale largest share, at most 1
 * @param minRatio smallest width divided by height
 * @param maxRatio largest width divided by height
 * @param filter how the rectangle is resized
 */
public record RandomResizedCrop(
    double minScale, double maxScale, double minRatio, double maxRatio, CropBox.Filter filter) {

  private static final int TRIES = 10;
  private static final int DRAWS = 2 * TRIES + 2;

  public RandomResizedCrop {
    require(
        minScale > 0 && minScale <= maxScale && maxScale <= 1,
        "scales must satisfy 0 < min_scale <= max_scale <= 1, but were %s and %s",
        minScale,
        maxScale);
    require(
        minRatio > 0 && minRatio <= maxRatio && Double.isFinite(maxRatio),
        "ratios must satisfy 0 < min_ratio <= max_ratio, but were %s and %s",
        minRatio,
        maxRatio);
  }

  /**
   * Crops a batch.
   *
   * @param images unsigned 8-bit N×C×H×W
   * @param generator source of the draws
   * @return the same shape and type
   */
  public Tensor apply(Tensor images, GeneratorOptional generator) {
    return TensorScope.scoped(
        () ->
            BatchTransforms.resizedCrop(
                images,
                draw((int) images.size(0), (int) images.size(2), (int) images.size(3), generator),
                filter));
  }

  /** One rectangle for each of {@code count} images. */
  CropBox[] draw(int count, int height, int width, GeneratorOptional generator) {
    double[] uniform = Tensors.toDoubles(Tensors.uniform(generator, 0, 1, count, DRAWS));
    CropBox[] boxes = new CropBox[count];
    for (int i = 0; i < count; i++) {
      boxes[i] = box(uniform, i * DRAWS, height, width);
    }
    return boxes;
  }

  private CropBox box(double[] uniform, int at, int height, int width) {
    for (int attempt = 0; attempt < TRIES; attempt++) {
      double scale = minScale + uniform[at + 2 * attempt] * (maxScale - minScale);
      double low = Math.log(minRatio);
      double ratio = Math.exp(low + uniform[at + 2 * attempt + 1] * (Math.log(maxRatio) - low));
      long w = (long) Math.rint(Math.sqrt(height * (double) width * scale * ratio));
      long h = (long) Math.rint(Math.sqrt(height * (double) width * scale / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = (int) (uniform[at + 2 * TRIES] * (height - h + 1));
        int left = (int) (uniform[at + 2 * TRIES + 1] * (width - w + 1));
        return new CropBox(top, left, (int) h, (int) w);
      }
    }
    return central(height, width);
  }

  /** As much as possible of the image within the ratios. */
  private CropBox central(int height, int width) {
    double ratio = (double) width / height;
    int w = ratio > maxRatio ? (int) Math.rint(height * maxRatio) : width;
    int h = ratio < minRatio ? (int) Math.rint(width / minRatio) : height;
    return new CropBox((height - h) / 2, (width - w) / 2, h, w);
  }
}
