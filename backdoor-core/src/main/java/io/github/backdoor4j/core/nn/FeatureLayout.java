package io.github.backdoor4j.core.nn;

/**
 * Where a network keeps what defenses and analyses look at.
 *
 * @param lastConvolution tap of the last feature map N×C×h×w whose channels feed the classifier
 * @param penultimate tap of the features N×D that enter the classifier; D is a multiple of C, and
 *     features of one channel lie next to each other
 * @param classifier name of the linear layer that takes these features: D→classes, or, where more
 *     layers follow, D→hidden. Its tap shows what it makes of them
 * @param analysis tap of the activations that analyses compare between images, N×…, to be flattened
 *     to one row per image; the benchmark's choice for each network
 */
public record FeatureLayout(
    String lastConvolution, String penultimate, String classifier, String analysis) {

  /** A layout whose features are also what analyses compare. */
  public FeatureLayout(String lastConvolution, String penultimate, String classifier) {
    this(lastConvolution, penultimate, classifier, penultimate);
  }
}
