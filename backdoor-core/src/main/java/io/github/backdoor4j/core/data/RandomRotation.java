package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Turns each image by a random angle about its middle; what comes from outside is black.
 *
 * @param degrees angles are drawn from [−degrees, degrees]; at most 180
 * @param bilinear between pixels; else the nearest pixel is taken
 */
public record RandomRotation(double degrees, boolean bilinear) {

  public RandomRotation {
    requireRange("degrees", degrees, 0, 180);
  }

  /**
   * Turns a batch.
   *
   * @param images unsigned 8-bit N×C×H×W
   * @param generator source of the draws
   * @return the same shape and type
   */
  public Tensor apply(Tensor images, GeneratorOptional generator) {
    return TensorScope.scoped(
        () -> {
          double[] uniform = Tensors.toDoubles(Tensors.uniform(generator, -1, 1, images.size(0)));
          double[] angles = Arrays.stream(uniform).map(u -> u * degrees).toArray();
          return BatchTransforms.rotate(images, angles, bilinear);
        });
  }
}
