package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The layers of {@link VitB16}. S is the number of patches plus one, the class token being first.
 *
 * <p>Taps beside the layers: {@code resized} the image the patches are cut from; in {@code
 * encoder.layers.encoder_layer_L}, its output N×S×width, {@code .self_attention.weights}
 * N×heads×S×S and {@code .mlp.1} the activations; {@code representation.map} the class token of the
 * last normalisation as a map N×width×1×1, and {@code representation} the same as N×width.
 */
final class VisionTransformer extends Network {

  static final int PATCH = 16;
  static final int HEAD = 64;
  static final String POSITIONS = "encoder.pos_embedding";

  private static final int LAYERS = 12;
  private static final int GROUP = 3; // encoder layers that make up a stage
  private static final int EXPANSION = 4;
  private static final double EPSILON = 1e-6;

  private final VitB16.Options options;
  private final Layer.Conv2d patches;
  private final List<EncoderLayer> encoder = new ArrayList<>();
  private final Layer.LayerNorm norm;
  private final Layer.Linear head;

  VisionTransformer(NetworkSpec spec, VitB16.Options options) {
    super(spec);
    this.options = options;
    int width = options.width();
    int side = options.imageSize() / PATCH;
    int channels = spec.input().channels();
    tapPoint("resized");
    parameter("class_token", Initializer.constant(0), 1, 1, width);
    patches = conv2d("conv_proj", channels, width, PATCH, PATCH, 0, true);
    double fanIn = (double) channels * PATCH * PATCH;
    initializeBy("conv_proj.weight", Initializer.truncatedNormal(Math.sqrt(1 / fanIn)));
    initializeBy("conv_proj.bias", Initializer.constant(0));
    parameter(POSITIONS, Initializer.normal(0.02), 1, 1L + (long) side * side, width);
    for (int l = 0; l < LAYERS; l++) {
      encoder.add(new EncoderLayer("encoder.layers.encoder_layer_" + l, width));
    }
    norm = layerNorm("encoder.ln", width, EPSILON);
    tapPoint("representation.map");
    tapPoint("representation");
    head = linear("heads.head", width, spec.classes());
    if (options.pretrained().equals(Pretrained.NONE)) { // else the benchmark's new layer is drawn
      initializeBy("heads.head.weight", Initializer.constant(0));
      initializeBy("heads.head.bias", Initializer.constant(0));
    }
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> tokens(pass, images));
    for (EncoderLayer layer : encoder) {
      x = layer.apply(pass, x);
    }
    Tensor token = norm.apply(pass, x).select(1, 0);
    Tensor map = pass.tap("representation.map", token.unsqueeze(-1).unsqueeze(-1));
    return head.apply(pass, pass.tap("representation", map.flatten(1, -1)));
  }

  private Tensor tokens(Pass pass, Tensor images) {
    Tensor x = patches.apply(pass, pass.tap("resized", resized(images)));
    Tensor sequence = x.flatten(2, 3).transpose(1, 2);
    Tensor token = pass.parameter("class_token").expand(x.size(0), -1, -1);
    return torch.cat(new TensorVector(token, sequence), 1).add(pass.parameter(POSITIONS));
  }

  private Tensor resized(Tensor images) {
    long side = options.imageSize();
    boolean fits = images.size(2) == side && images.size(3) == side;
    return fits ? images : torch.upsample_bilinear2d(images, new long[] {side, side}, false);
  }

  @Override
  protected Network blank() {
    return new VisionTransformer(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    List<String> taps = new ArrayList<>();
    for (int l = GROUP; l <= LAYERS; l += GROUP) {
      taps.add(encoder.get(l - 1).name);
    }
    // tokens are no map that a convolution enters, so there is no input of a last block
    return new FeatureLayout("representation.map", "representation", "heads.head")
        .withStages(taps, "");
  }

  /** Attention and a perceptron, each after a normalisation and with a shortcut. */
  private final class EncoderLayer {

    private final String name;
    private final Layer.LayerNorm norm1;
    private final Attention attention;
    private final Layer.LayerNorm norm2;
    private final Layer.Linear expand;
    private final Layer.Linear project;

    EncoderLayer(String name, int width) {
      this.name = name;
      norm1 = layerNorm(name + ".ln_1", width, EPSILON);
      attention = new Attention(name + ".self_attention", width);
      norm2 = layerNorm(name + ".ln_2", width, EPSILON);
      expand = affine(name + ".mlp.0", width, EXPANSION * width);
      tapPoint(name + ".mlp.1");
      project = affine(name + ".mlp.3", EXPANSION * width, width);
      tapPoint(name);
    }

    private Layer.Linear affine(String layer, int in, int out) {
      Layer.Linear linear = linear(layer, in, out);
      initializeBy(layer + ".weight", xavier(in, out));
      initializeBy(layer + ".bias", Initializer.normal(1e-6));
      return linear;
    }

    Tensor apply(Pass pass, Tensor x) {
      return pass.tap(name, pass.block(() -> perceive(pass, attend(pass, x))));
    }

    private Tensor attend(Pass pass, Tensor x) {
      return attention.apply(pass, norm1.apply(pass, x)).add(x);
    }

    private Tensor perceive(Pass pass, Tensor x) {
      Tensor y = torch.gelu(expand.apply(pass, norm2.apply(pass, x)));
      return project.apply(pass, pass.tap(name + ".mlp.1", y)).add(x);
    }
  }

  /** Multi-head self-attention. */
  private final class Attention {

    private final String name;
    private final int heads;
    private final Layer.Linear out;

    Attention(String name, int width) {
      this.name = name;
      heads = width / HEAD;
      // queries, keys and values in one matrix, which also counts as one for the first weights
      parameter(name + ".in_proj_weight", xavier(width, 3 * width), 3L * width, width);
      parameter(name + ".in_proj_bias", Initializer.constant(0), 3L * width);
      tapPoint(name + ".weights");
      out = linear(name + ".out_proj", width, width);
      initializeBy(name + ".out_proj.bias", Initializer.constant(0));
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor all =
          torch.linear(
              x,
              pass.parameter(name + ".in_proj_weight"),
              new TensorOptional(pass.parameter(name + ".in_proj_bias")));
      // N×S×(3·heads·64) to three times N×heads×S×64
      Tensor parts = all.unflatten(2, 3, heads, HEAD).permute(2, 0, 3, 1, 4);
      Tensor queries = parts.select(0, 0).div(new org.bytedeco.pytorch.Scalar(Math.sqrt(HEAD)));
      Tensor scores = queries.matmul(parts.select(0, 1).transpose(2, 3));
      Tensor weights = pass.tap(name + ".weights", scores.softmax(-1));
      Tensor mixed = weights.matmul(parts.select(0, 2));
      return out.apply(pass, mixed.transpose(1, 2).flatten(2, 3));
    }
  }

  /**
   * Glorot's uniform initialisation.
   *
   * @see <a href="https://proceedings.mlr.press/v9/glorot10a.html">Glorot, Bengio, 2010</a>
   */
  private static Initializer xavier(int in, int out) {
    return Initializer.uniform(Math.sqrt(6.0 / (in + out)));
  }
}
