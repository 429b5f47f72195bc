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
import org.bytedeco.pytorch.global.torch;

/**
 * The layers of {@link ConvNextTiny}. Normalisations and affine layers see, and their taps show,
 * maps as N×h×w×C, since both act on the last dimension.
 *
 * <p>Taps beside the layers: {@code features.N.M.block.4} the activations within block M of stage
 * N, {@code features.N.M} the block's output N×C×h×w, {@code features.N} the stage's, {@code
 * avgpool} the means N×8·width before the last normalisation.
 */
final class ConvNextNetwork extends Network {

  private static final int[] BLOCKS = {3, 3, 9, 3};
  private static final int EXPANSION = 4;
  private static final double EPSILON = 1e-6;
  private static final double FIRST_SCALE = 1e-6;
  private static final double DROPPED_BLOCKS = 0.1; // of the last block
  private static final Initializer WEIGHTS = Initializer.truncatedNormal(0.02);

  private final ConvNextTiny.Options options;
  private final Layer.Conv2d stem;
  private final Layer.LayerNorm stemNorm;
  private final List<Stage> stages = new ArrayList<>();
  private final Layer.LayerNorm norm;
  private final Layer.Linear classifier;

  ConvNextNetwork(NetworkSpec spec, ConvNextTiny.Options options) {
    super(spec);
    this.options = options;
    int channels = options.width();
    stem = patches("features.0.0", spec.input().channels(), channels, 4);
    stemNorm = layerNorm("features.0.1", channels, EPSILON);
    int before = 0;
    for (int n = 0; n < BLOCKS.length; n++) {
      stages.add(new Stage(n, options.width() << n, before));
      before += BLOCKS[n];
    }
    channels = options.width() << (BLOCKS.length - 1);
    tapPoint("avgpool");
    norm = layerNorm("classifier.0", channels, EPSILON);
    classifier = affine("classifier.2", channels, spec.classes());
  }

  /** A convolution over patches that do not overlap. */
  private Layer.Conv2d patches(String name, int in, int out, int side) {
    return initialized(conv2d(name, in, out, side, side, 0, true));
  }

  private Layer.Linear affine(String name, int in, int out) {
    return initialized(linear(name, in, out));
  }

  private <L extends Layer> L initialized(L layer) {
    initializeBy(layer.name() + ".weight", WEIGHTS);
    initializeBy(layer.name() + ".bias", Initializer.constant(0));
    return layer;
  }

  private static Tensor channelsLast(Tensor x) {
    return x.permute(0, 2, 3, 1);
  }

  private static Tensor channelsFirst(Tensor x) {
    return x.permute(0, 3, 1, 2);
  }

  private static Tensor normalised(Pass pass, Layer.LayerNorm norm, Tensor x) {
    return channelsFirst(norm.apply(pass, channelsLast(x)));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = normalised(pass, stemNorm, stem.apply(pass, images));
    for (Stage stage : stages) {
      x = stage.apply(pass, x);
    }
    Tensor means = pass.tap("avgpool", x.mean(2, 3));
    return classifier.apply(pass, norm.apply(pass, means));
  }

  @Override
  protected Network blank() {
    return new ConvNextNetwork(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    Stage last = stages.get(stages.size() - 1);
    List<String> taps = stages.stream().map(stage -> stage.name).toList();
    return new FeatureLayout(last.name, "classifier.0", "classifier.2", "avgpool")
        .withStages(taps, last.blocks.get(last.blocks.size() - 2).name);
  }

  /** Halves the size, except in the first stage, and applies blocks. */
  private final class Stage {

    private final String name;
    private final List<Reduction> reductions = new ArrayList<>(); // one or none
    private final List<Block> blocks = new ArrayList<>();

    /**
     * @param number 0 for the first stage
     * @param blocksBefore in all stages before
     */
    Stage(int number, int channels, int blocksBefore) {
      if (number > 0) {
        reductions.add(new Reduction("features." + 2 * number, channels / 2));
      }
      name = "features." + (2 * number + 1);
      int last = java.util.Arrays.stream(BLOCKS).sum() - 1;
      for (int m = 0; m < BLOCKS[number]; m++) {
        double dropped = DROPPED_BLOCKS * (blocksBefore + m) / last;
        blocks.add(new Block(name + "." + m, channels, dropped));
      }
      tapPoint(name);
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = x;
      for (Reduction reduction : reductions) {
        y = reduction.apply(pass, y);
      }
      for (Block block : blocks) {
        Tensor input = y;
        y = pass.block(() -> block.apply(pass, input));
      }
      return pass.tap(name, y);
    }
  }

  /** Normalisation, and a convolution that halves the size and doubles the channels. */
  private final class Reduction {

    private final Layer.LayerNorm norm;
    private final Layer.Conv2d conv;

    Reduction(String name, int in) {
      norm = layerNorm(name + ".0", in, EPSILON);
      conv = patches(name + ".1", in, 2 * in, 2);
    }

    Tensor apply(Pass pass, Tensor x) {
      return pass.block(() -> conv.apply(pass, normalised(pass, norm, x)));
    }
  }

  /** A depthwise 7×7 convolution and two affine maps per pixel, scaled, plus the input. */
  private final class Block {

    private final String name;
    private final double dropped;
    private final Layer.Conv2d conv;
    private final Layer.LayerNorm norm;
    private final Layer.Linear expand;
    private final Layer.Linear project;

    Block(String name, int channels, double dropped) {
      this.name = name;
      this.dropped = dropped;
      parameter(name + ".layer_scale", Initializer.constant(FIRST_SCALE), channels, 1, 1);
      conv = initialized(conv2d(name + ".block.0", channels, channels, 7, 1, 3, channels, true));
      norm = layerNorm(name + ".block.2", channels, EPSILON);
      expand = affine(name + ".block.3", channels, EXPANSION * channels);
      tapPoint(name + ".block.4");
      project = affine(name + ".block.5", EXPANSION * channels, channels);
      tapPoint(name);
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = norm.apply(pass, channelsLast(conv.apply(pass, x)));
      y = pass.tap(name + ".block.4", torch.gelu(expand.apply(pass, y)));
      y = channelsFirst(project.apply(pass, y)).mul(pass.parameter(name + ".layer_scale"));
      return pass.tap(name, pass.dropSamples(y, dropped).add(x));
    }
  }
}
