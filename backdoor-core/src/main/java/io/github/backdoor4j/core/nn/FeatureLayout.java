package io.github.backdoor4j.core.nn;

import java.util.List;

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
 * @param stages taps of the feature maps after each stage or group of blocks, N×C×h×w, from early
 *     to late, all before global pooling; for attention maps of a transformer N×T×C
 * @param lastBlock tap of the activations N×C×h×w that enter the first convolution of the last
 *     block: where a layer can be inserted that cleans features; empty if there is none
 */
public record FeatureLayout(
    String lastConvolution,
    String penultimate,
    String classifier,
    String analysis,
    List<String> stages,
    String lastBlock) {

  public FeatureLayout {
    stages = List.copyOf(stages);
  }

  /** A layout that names no stages. */
  public FeatureLayout(
      String lastConvolution, String penultimate, String classifier, String analysis) {
    this(lastConvolution, penultimate, classifier, analysis, List.of(), "");
  }

  /** The same layout with stages and last block. */
  public FeatureLayout withStages(List<String> taps, String blockInput) {
    return new FeatureLayout(lastConvolution, penultimate, classifier, analysis, taps, blockInput);
  }

  /** A layout whose features are also what analyses compare. */
  public FeatureLayout(String lastConvolution, String penultimate, String classifier) {
    this(lastConvolution, penultimate, classifier, penultimate);
  }
}
