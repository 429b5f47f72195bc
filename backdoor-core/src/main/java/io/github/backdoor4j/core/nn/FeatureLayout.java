package io.github.backdoor4j.core.nn;

/**
 * Where a network keeps what defenses and analyses look at.
 *
 * @param lastConvolution tap of the last feature map N×C×h×w whose channels feed the classifier
 * @param penultimate tap of the features N×D that enter the classifier; D is a multiple of C, and
 *     features of one channel lie next to each other
 * @param classifier name of the linear layer D→classes
 */
public record FeatureLayout(String lastConvolution, String penultimate, String classifier) {}
