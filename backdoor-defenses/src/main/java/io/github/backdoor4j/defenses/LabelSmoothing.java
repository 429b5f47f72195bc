package io.github.backdoor4j.defenses;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Labels that leave a share of the probability to the other classes: 1 − s for the true class, s/(K
 * − 1) for each other.
 *
 * @param share s, in [0, 1)
 */
record LabelSmoothing(double share) {

  /**
   * Divergence of the predictions from the smoothed labels, Σ t·(ln t − ln p), mean over the batch:
   * smoothed cross entropy less the entropy of the labels.
   *
   * @param crossEntropy mean cross entropy of the logits with the hard labels
   * @param logits N×K
   */
  Tensor divergence(Tensor crossEntropy, Tensor logits) {
    if (share == 0) {
      return crossEntropy;
    }
    double other = share / (logits.size(1) - 1);
    Tensor allClasses = logits.log_softmax(1).sum(1L).mean().neg();
    Tensor otherClasses = allClasses.sub(crossEntropy);
    double entropy = -(1 - share) * Math.log(1 - share) - share * Math.log(other);
    return crossEntropy
        .mul(new Scalar(1 - share))
        .add(otherClasses.mul(new Scalar(other)))
        .sub(new Scalar(entropy));
  }
}
