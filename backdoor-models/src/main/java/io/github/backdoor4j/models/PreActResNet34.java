package io.github.backdoor4j.models;

/**
 * Pre-activation ResNet-34 in the form of {@link PreActResNet18}, with 3, 4, 6 and 3 blocks of two
 * convolutions.
 *
 * @see <a href="https://arxiv.org/abs/1603.05027">He et al., Identity Mappings in Deep Residual
 *     Networks, 2016</a>
 */
public final class PreActResNet34 extends PreActArchitecture {

  /** Made by the registry; options and images come with {@link #build}. */
  public PreActResNet34() {
    super(34, ResidualDepth.LAYERS_34, "1.16 billion");
  }
}
