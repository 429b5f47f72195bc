package io.github.backdoor4j.models;

/**
 * ResNet-34 with torchvision's layers, parameter names and first weights: stages of 3, 4, 6 and 3
 * blocks of two convolutions.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al., Deep Residual Learning for Image
 *     Recognition, 2015</a>
 */
public final class ResNet34 extends ResNetArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public ResNet34() {
    super(34, ResidualDepth.LAYERS_34, "75 million");
  }
}
