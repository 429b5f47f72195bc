package io.github.backdoor4j.models;

/**
 * ResNet-18 with torchvision's layers, parameter names and first weights: four stages of two blocks
 * of two convolutions.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al., Deep Residual Learning for Image
 *     Recognition, 2015</a>
 */
public final class ResNet18 extends ResNetArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public ResNet18() {
    super(18, ResidualDepth.LAYERS_18, "37 million");
  }
}
