package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.record.Doc;

/**
 * Pre-activation ResNet-18 in the form that the backdoor literature trains on small images: a 3×3
 * stem without pooling, four stages of two blocks, and no normalisation after the last block.
 *
 * <p>At width 64 it has 11,171,146 parameters for 10 classes, and its parameter names are those of
 * the published weights.
 *
 * @see <a href="https://arxiv.org/abs/1603.05027">He et al., Identity Mappings in Deep Residual
 *     Networks, 2016</a>
 */
public final class PreActResNet18 extends PreActArchitecture {

  /**
   * Options of the pre-activation networks of all depths.
   *
   * @param width channels of the stem and the first stage; the later stages have 2, 4 and 8 times
   *     as many, and bottlenecks four times that outside
   */
  public record Options(
      @Doc(
              value = "channels of the stem and the first stage; 64 in the published weights",
              range = "at least 1")
          int width) {

    public Options {
      requireAtLeast("width", width, 1);
    }
  }

  /** Made by the registry; options and images come with {@link #build}. */
  public PreActResNet18() {
    super(18, ResidualDepth.LAYERS_18, "0.56 billion");
  }
}
