package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Parts of networks of inverted residuals: a 1×1 convolution to more channels, a depthwise
 * convolution, perhaps squeeze-and-excitation, a 1×1 convolution back.
 *
 * @see <a href="https://arxiv.org/abs/1801.04381">Sandler et al., MobileNetV2, 2018</a>
 * @see <a href="https://arxiv.org/abs/1709.01507">Hu et al., Squeeze-and-Excitation Networks,
 *     2017</a>
 */
abstract class InvertedResiduals extends Network {

  private static final int DIVISOR = 8;
  private static final double MOST_LOST = 0.9;

  /**
   * What all blocks of a network have in common.
   *
   * @param epsilon of the normalisations
   * @param momentum of the normalisations
   * @param squeezed function behind the first layer of squeeze-and-excitation
   * @param gate function behind its second layer, to [0, 1]
   */
  record Style(
      double epsilon,
      double momentum,
      UnaryOperator<Tensor> squeezed,
      UnaryOperator<Tensor> gate) {}

  /**
   * One block.
   *
   * @param in input channels
   * @param expanded channels of the depthwise convolution; as many as {@code in} for no expansion
   * @param out output channels
   * @param kernel of the depthwise convolution
   * @param stride of the depthwise convolution
   * @param squeezed channels within squeeze-and-excitation; 0 for none
   * @param activation behind the first two convolutions
   * @param dropped probability with which training leaves out the block, where it can be left out
   */
  record Shape(
      int in,
      int expanded,
      int out,
      int kernel,
      int stride,
      int squeezed,
      UnaryOperator<Tensor> activation,
      double dropped) {

    boolean residual() {
      return stride == 1 && in == out;
    }
  }

  private final Style style;

  InvertedResiduals(NetworkSpec spec, Style style) {
    super(spec);
    this.style = style;
  }

  /** The multiple of 8 nearest to a number of channels, but at least 90 % of it. */
  static int divisible(double channels) {
    int nearest = Math.max(DIVISOR, (int) (channels + DIVISOR / 2.0) / DIVISOR * DIVISOR);
    return nearest < MOST_LOST * channels ? nearest + DIVISOR : nearest;
  }

  /**
   * Names the outputs of each resolution's last block, except that the last resolution's map is
   * that of the convolution behind, and the input of the last block.
   *
   * @param layout of a network of such blocks
   * @param blocks in the order of a pass
   */
  static FeatureLayout withStages(FeatureLayout layout, List<Block> blocks) {
    List<String> taps = new ArrayList<>();
    for (int i = 1; i < blocks.size(); i++) {
      if (blocks.get(i).shape.stride() > 1) {
        taps.add(blocks.get(i - 1).name);
      }
    }
    taps.add(layout.lastConvolution());
    return layout.withStages(taps, blocks.get(blocks.size() - 2).name);
  }

  /** Convolution, batch normalisation and perhaps a function. */
  final class Unit {

    private final String name;
    private final Layer.Conv2d conv;
    private final Layer.BatchNorm2d norm;
    private final @Nullable UnaryOperator<Tensor> activation;

    Unit(
        String name,
        int in,
        int out,
        int kernel,
        int stride,
        int groups,
        @Nullable UnaryOperator<Tensor> activation) {
      this.name = name;
      this.activation = activation;
      conv = conv2d(name + ".0", in, out, kernel, stride, kernel / 2, groups, false);
      initializeBy(name + ".0.weight", Initializer.kaimingFanOut(out * kernel * kernel));
      norm = batchNorm2d(name + ".1", out, style.epsilon(), style.momentum());
      if (activation != null) {
        tapPoint(name + ".2");
      }
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = norm.apply(pass, conv.apply(pass, x));
      return activation == null ? y : pass.tap(name + ".2", activation.apply(y));
    }
  }

  /** Scales each channel by what the means of all channels say. */
  private final class SqueezeExcitation {

    private final String name;
    private final Layer.Conv2d fc1;
    private final Layer.Conv2d fc2;

    SqueezeExcitation(String name, int channels, int squeezed) {
      this.name = name;
      tapPoint(name + ".avgpool");
      fc1 = affine(name + ".fc1", channels, squeezed);
      tapPoint(name + ".activation");
      fc2 = affine(name + ".fc2", squeezed, channels);
      tapPoint(name + ".scale_activation");
      tapPoint(name);
    }

    private Layer.Conv2d affine(String layer, int in, int out) {
      Layer.Conv2d conv = conv2d(layer, in, out, 1, 1, 0, true);
      initializeBy(layer + ".weight", Initializer.kaimingFanOut(out));
      initializeBy(layer + ".bias", Initializer.constant(0));
      return conv;
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor means = x.mean(new long[] {2, 3}, true, new ScalarTypeOptional());
      Tensor few = style.squeezed().apply(fc1.apply(pass, pass.tap(name + ".avgpool", means)));
      Tensor all = fc2.apply(pass, pass.tap(name + ".activation", few));
      Tensor scales = pass.tap(name + ".scale_activation", style.gate().apply(all));
      return pass.tap(name, x.mul(scales));
    }
  }

  /** An inverted residual; a shortcut where the shape stays. */
  final class Block {

    private final String name;
    private final Shape shape;
    private final @Nullable Unit expand;
    private final Unit depthwise;
    private final @Nullable SqueezeExcitation excite;
    private final Unit project;

    Block(String name, Shape s) {
      this.name = name;
      this.shape = s;
      List<String> parts = new ArrayList<>();
      expand =
          s.expanded() == s.in()
              ? null
              : new Unit(part(parts), s.in(), s.expanded(), 1, 1, 1, s.activation());
      depthwise =
          new Unit(
              part(parts),
              s.expanded(),
              s.expanded(),
              s.kernel(),
              s.stride(),
              s.expanded(),
              s.activation());
      excite =
          s.squeezed() == 0 ? null : new SqueezeExcitation(part(parts), s.expanded(), s.squeezed());
      project = new Unit(part(parts), s.expanded(), s.out(), 1, 1, 1, null);
      tapPoint(name);
    }

    /** The published names count the parts that a block has. */
    private String part(List<String> parts) {
      String part = name + ".block." + parts.size();
      parts.add(part);
      return part;
    }

    Tensor apply(Pass pass, Tensor x) {
      return pass.tap(name, pass.block(() -> branch(pass, x)));
    }

    private Tensor branch(Pass pass, Tensor x) {
      Tensor y = depthwise.apply(pass, expand == null ? x : expand.apply(pass, x));
      y = project.apply(pass, excite == null ? y : excite.apply(pass, y));
      return shape.residual() ? pass.dropSamples(y, shape.dropped()).add(x) : y;
    }
  }
}
