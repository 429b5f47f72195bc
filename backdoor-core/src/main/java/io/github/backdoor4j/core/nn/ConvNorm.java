package io.github.backdoor4j.core.nn;

/**
 * A convolution and the batch normalisation that its output enters directly, nothing between: the
 * pair that channel-pruning defenses judge together.
 */
public record ConvNorm(Layer.Conv2d conv, Layer.BatchNorm2d norm) {}
