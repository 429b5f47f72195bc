package io.github.backdoor4j.models;

/**
 * ResNet-50 with torchvision's layers, parameter names and first weights: stages of 3, 4, 6 and 3
 * bottlenecks of three convolutions.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al., Deep Residual Learning for Image
 *     Recognition, 2015</a>
 */
public final class ResNet50 extends ResNetArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public ResNet50() {
    super(50, ResidualDepth.LAYERS_50, "83 million");
  }
}
