package io.github.backdoor4j.models;

/**
 * Pre-activation ResNet-50 in the form of {@link PreActResNet18}, with 3, 4, 6 and 3 bottlenecks of
 * three convolutions.
 *
 * @see <a href="https://arxiv.org/abs/1603.05027">He et al., Identity Mappings in Deep Residual
 *     Networks, 2016</a>
 */
public final class PreActResNet50 extends PreActArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public PreActResNet50() {
    super(50, ResidualDepth.LAYERS_50, "1.30 billion");
  }
}
