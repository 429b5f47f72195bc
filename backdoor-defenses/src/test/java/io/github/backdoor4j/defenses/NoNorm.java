package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.testkit.TinyImages;
import org.bytedeco.pytorch.Tensor;

/** A convolution and an affine layer. */
final class NoNorm extends Network {

  private final Layer convolution = conv2d("conv", 3, 8, 3, 1, 1, true);
  private final Layer linear = linear("linear", 8, 4);

  NoNorm() {
    super(new NetworkSpec(TinyImages.SMALL, 4));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    return linear.apply(pass, convolution.apply(pass, x).relu().mean(2L, 3L));
  }

  @Override
  protected Network blank() {
    return new NoNorm();
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("conv", "linear", "linear");
  }
}
