package io.github.backdoor4j.core.nn;

import org.bytedeco.pytorch.Tensor;

/** Anything that turns normalised images into class scores. */
public interface Classifier {

  /** Number of classes K. */
  int classes();

  /**
   * Scores in evaluation mode.
   *
   * @param images N×C×H×W, normalised floats
   * @return N×K, not normalised
   */
  Tensor logits(Tensor images);
}
