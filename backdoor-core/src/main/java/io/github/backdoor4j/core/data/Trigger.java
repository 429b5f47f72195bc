package io.github.backdoor4j.core.data;

import org.bytedeco.pytorch.Tensor;

/**
 * What an attacker does to an image so that the backdoored model obeys.
 *
 * <p>A trigger keeps shape and type, leaves its input untouched and is pure: the same images and
 * indices give the same result.
 */
@FunctionalInterface
public interface Trigger {

  /**
   * Applies the trigger to a batch.
   *
   * @param images N×C×H×W, unsigned 8-bit
   * @param indices position of each image in its data set; length N. Only sample-specific triggers
   *     look at it
   * @return a new tensor N×C×H×W, unsigned 8-bit
   */
  Tensor stamp(Tensor images, long[] indices);
}
