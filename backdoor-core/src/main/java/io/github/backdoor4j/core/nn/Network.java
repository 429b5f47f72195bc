package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * Base of all networks: a tree of functional layers over named tensors.
 *
 * <p>A subclass declares its layers in its constructor ({@link #conv2d}, {@link #batchNorm2d},
 * {@link #linear}) and chains them in {@link #forward(Pass, Tensor)}. Every layer's output passes a
 * tap named like the layer; further points are declared with {@link #tapPoint}. Parameter names are
 * those of the published weights.
 *
 * <p>Not safe for use by several threads at once.
 */
public abstract class Network implements Classifier, Trainable, HasTensors {

  private final NetworkSpec spec;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private final List<Layer> layers = new ArrayList<>();
  private final Set<String> tapNames = new LinkedHashSet<>();
  private final Map<String, Initializer> initializers = new LinkedHashMap<>();
  private boolean training;
  private Seed noise = new Seed(0);
  private long noisyPasses;

  /**
   * @param spec what the network is built for
   */
  protected Network(NetworkSpec spec) {
    Engine.start();
    this.spec = spec;
  }

  /** Computes the logits N×K of normalised images, through the layers declared before. */
  protected abstract Tensor forward(Pass pass, Tensor x);

  /** A new network of the same architecture and options, whatever its weights. */
  protected abstract Network blank();

  /** Where features and classifier are. */
  public abstract FeatureLayout features();

  /** Declares a convolution; Kaiming-uniform unless {@link #initializeBy} says otherwise. */
  protected final Layer.Conv2d conv2d(
      String name, int in, int out, int kernel, int stride, int padding, boolean bias) {
    return conv2d(name, in, out, kernel, stride, padding, 1, bias);
  }

  /** Declares a convolution of several groups. */
  protected final Layer.Conv2d conv2d(
      String name, int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
    Layer.Conv2d layer =
        add(new Layer.Conv2d(name, in, out, kernel, stride, padding, groups, bias));
    Initializer fanIn = Initializer.fanIn(layer.inPerGroup() * kernel * kernel);
    parameter(name + ".weight", fanIn, out, layer.inPerGroup(), kernel, kernel);
    if (bias) {
      parameter(name + ".bias", fanIn, out);
    }
    return layer;
  }

  /** Declares a batch normalisation with epsilon 1e-5 and momentum 0.1. */
  protected final Layer.BatchNorm2d batchNorm2d(String name, int channels) {
    return batchNorm2d(name, channels, 1e-5, 0.1);
  }

  /** Declares a batch normalisation. */
  protected final Layer.BatchNorm2d batchNorm2d(
      String name, int channels, double epsilon, double momentum) {
    Layer.BatchNorm2d layer = add(new Layer.BatchNorm2d(name, channels, epsilon, momentum));
    parameter(name + ".weight", Initializer.constant(1), channels);
    parameter(name + ".bias", Initializer.constant(0), channels);
    buffers.put(name + ".running_mean", torch.zeros(channels));
    buffers.put(name + ".running_var", torch.ones(channels));
    return layer;
  }

  /** Declares an affine layer with bias. */
  protected final Layer.Linear linear(String name, int in, int out) {
    Layer.Linear layer = add(new Layer.Linear(name, in, out));
    parameter(name + ".weight", Initializer.fanIn(in), out, in);
    parameter(name + ".bias", Initializer.fanIn(in), out);
    return layer;
  }

  /** Declares a layer normalisation over the last dimension. */
  protected final Layer.LayerNorm layerNorm(String name, int features, double epsilon) {
    Layer.LayerNorm layer = add(new Layer.LayerNorm(name, features, epsilon));
    parameter(name + ".weight", Initializer.constant(1), features);
    parameter(name + ".bias", Initializer.constant(0), features);
    return layer;
  }

  /** Declares a parameter, of a layer or of its own, such as a position embedding. */
  protected final void parameter(String name, Initializer initializer, long... shape) {
    require(parameters.put(name, torch.zeros(shape)) == null, "two parameters named '%s'", name);
    initializers.put(name, initializer);
  }

  /** Initialises a declared parameter in another way than its layer's default. */
  protected final void initializeBy(String parameter, Initializer initializer) {
    require(initializers.replace(parameter, initializer) != null, "no parameter '%s'", parameter);
  }

  /** Declares a further place where outputs can be tapped. */
  protected final String tapPoint(String name) {
    require(tapNames.add(name), "two taps are named '%s'", name);
    return name;
  }

  private <L extends Layer> L add(L layer) {
    tapPoint(layer.name());
    layers.add(layer);
    return layer;
  }

  /**
   * Draws new weights: where the architecture does not say otherwise PyTorch's defaults, that is
   * uniform in ±1/√fan_in for convolutions, affine layers and their biases (Kaiming-uniform with a
   * = √5), ones and zeros for normalisations. Also resets running statistics, turns on gradients
   * and lays 4-D weights out channels-last.
   *
   * @return this network
   */
  public final Network initialize(Seed seed) {
    GeneratorOptional generator = Tensors.generator(seed.child("weights"));
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      initializers.forEach(
          (name, initializer) -> {
            Tensor parameter = known(parameters, name);
            parameter.copy_(initializer.draw(generator, parameter.shape()));
          });
      buffers.forEach(
          (name, buffer) -> buffer.fill_(Tensors.scalar(name.endsWith(".running_var") ? 1 : 0)));
    }
    prepare();
    return this;
  }

  private static Tensor known(Map<String, Tensor> tensors, String name) {
    return java.util.Objects.requireNonNull(tensors.get(name), name);
  }

  private void prepare() {
    try (TensorScope scope = TensorScope.open()) {
      for (Tensor parameter : parameters.values()) {
        if (parameter.dim() == 4) {
          parameter.set_data(parameter.detach().contiguous(MemoryFormat.ChannelsLast));
        }
        parameter.set_requires_grad(true);
      }
    }
  }

  /** An independent network with the same weights, mode and device. */
  public final Network copy() {
    Network copy = blank();
    copy.prepare();
    copy.to(device());
    copy.copyState(this.state());
    copy.training = training;
    return copy;
  }

  /** Moves all tensors to a device. */
  public final Network to(ComputeDevice device) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      forEachTensor(tensor -> tensor.set_data(device.place(tensor.detach())));
    }
    return this;
  }

  /** Where the weights are. */
  public final ComputeDevice device() {
    return ComputeDevice.of(parameters.values().iterator().next());
  }

  /** Logits of normalised images in the current mode. */
  public final Tensor forward(Tensor images) {
    return forward(images, Taps.none());
  }

  /** Logits of normalised images in the current mode, with taps. */
  public final Tensor forward(Tensor images, Taps taps) {
    return forward(images, taps, parameters);
  }

  /**
   * Logits with other parameter values than the network's own, for steps that differentiate through
   * an update or mix models.
   *
   * @param values one tensor for every name in {@link #parameters()}
   */
  public final Tensor forward(Tensor images, Taps taps, Map<String, Tensor> values) {
    for (String name : taps.names()) {
      require(tapNames.contains(name), "network has no tap '%s'. Its taps: %s", name, tapNames);
    }
    require(
        images.dim() == 4 && spec.input().equals(shapeOf(images)),
        "network takes batches of %s images, but got the shape %s",
        spec.input(),
        Arrays.toString(images.shape()));
    Tensor input = images.contiguous(MemoryFormat.ChannelsLast);
    long number = training ? noisyPasses++ : 0;
    return forward(new Pass(values, buffers, training, taps, noise, number, null), input);
  }

  /**
   * The convolutions whose output enters a batch normalisation with nothing between, in the order
   * of a pass. Seen in a pass, not assumed: in a pre-activation network a normalisation may follow
   * a sum.
   */
  public final List<ConvNorm> convNormPairs() {
    Wiring wiring = new Wiring();
    ImageShape shape = spec.input();
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor zeros = torch.zeros(1, shape.channels(), shape.height(), shape.width());
      Tensor input = device().place(zeros).contiguous(MemoryFormat.ChannelsLast);
      forward(new Pass(parameters, buffers, false, Taps.none(), noise, 0, wiring), input);
    }
    return wiring.pairs();
  }

  private static ImageShape shapeOf(Tensor images) {
    return new ImageShape((int) images.size(1), (int) images.size(2), (int) images.size(3));
  }

  @Override
  public final Tensor logits(Tensor images) {
    boolean before = training;
    training = false;
    try {
      return forward(images);
    } finally {
      training = before;
    }
  }

  /** What the network was built for. */
  public final NetworkSpec spec() {
    return spec;
  }

  @Override
  public final int classes() {
    return spec.classes();
  }

  /** The layers with parameters, in declaration order. */
  public final List<Layer> layers() {
    return Collections.unmodifiableList(layers);
  }

  /** Every name at which outputs can be tapped. */
  public final Set<String> tapNames() {
    return Collections.unmodifiableSet(tapNames);
  }

  @Override
  public final Map<String, Tensor> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  @Override
  public final Map<String, Tensor> buffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /** Parameters and buffers together: what a weight file holds. */
  public final Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(parameters);
    state.putAll(buffers);
    return state;
  }

  /** Number of trainable values. */
  public final long parameterCount() {
    return parameters.values().stream().mapToLong(Tensor::numel).sum();
  }

  /**
   * Copies values into this network.
   *
   * @throws DataException if names or shapes differ; the message lists every difference
   */
  public final void copyState(Map<String, Tensor> source) {
    Map<String, Tensor> target = state();
    List<String> problems = differences(target, source);
    if (!problems.isEmpty()) {
      throw new DataException(
          "weights do not fit the network (%d differences): %s",
          problems.size(), String.join("; ", problems));
    }
    copy(source, target);
  }

  /**
   * Copies the values that fit by name and shape.
   *
   * @return names of this network that were left as they were
   * @throws DataException if nothing fits
   */
  public final List<String> copyMatchingState(Map<String, Tensor> source) {
    List<String> left = new ArrayList<>();
    Map<String, Tensor> fitting = state();
    fitting.forEach(
        (name, tensor) -> {
          Tensor given = source.get(name);
          if (given == null || !Arrays.equals(given.shape(), tensor.shape())) {
            left.add(name);
          }
        });
    if (left.size() == fitting.size()) {
      throw new DataException(
          "no weight fits the network by name and shape. The network has %s; given are %s",
          fitting.keySet(), source.keySet());
    }
    fitting.keySet().removeAll(left);
    copy(source, fitting);
    return left;
  }

  private static void copy(Map<String, Tensor> source, Map<String, Tensor> target) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      target.forEach((name, tensor) -> tensor.copy_(known(source, name)));
    }
  }

  private static List<String> differences(Map<String, Tensor> target, Map<String, Tensor> source) {
    List<String> problems = new ArrayList<>();
    target.forEach(
        (name, tensor) -> {
          Tensor given = source.get(name);
          if (given == null) {
            problems.add(name + " is missing");
          } else if (!Arrays.equals(given.shape(), tensor.shape())) {
            problems.add(
                name
                    + " has shape "
                    + Arrays.toString(given.shape())
                    + " instead of "
                    + Arrays.toString(tensor.shape()));
          }
        });
    source.keySet().stream()
        .filter(name -> !target.containsKey(name))
        .forEach(name -> problems.add(name + " is unknown"));
    return problems;
  }

  @Override
  public final void training(boolean mode) {
    training = mode;
  }

  @Override
  public final void noise(Seed seed) {
    noise = seed;
    noisyPasses = 0;
  }

  /** Whether the network is in training mode. */
  public final boolean training() {
    return training;
  }

  /** Turns gradients of all parameters on or off. */
  public final void requireGradients(boolean mode) {
    parameters.values().forEach(parameter -> parameter.set_requires_grad(mode));
  }

  @Override
  public final void forEachTensor(Consumer<Tensor> visitor) {
    parameters.values().forEach(visitor);
    buffers.values().forEach(visitor);
  }
}
