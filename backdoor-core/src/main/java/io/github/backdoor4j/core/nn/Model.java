package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/**
 * Functional layers over named tensors, from a tensor to a tensor: a classifier ({@link Network}),
 * a generator of triggers, an encoder.
 *
 * <p>A subclass declares its layers in its constructor ({@link #conv2d}, {@link #batchNorm2d},
 * {@link #linear}, …) and chains them in {@link #forward(Pass, Tensor)}. Every layer's output
 * passes a tap named like the layer; further points are declared with {@link #tapPoint}.
 *
 * <p>Not safe for use by several threads at once.
 */
public abstract class Model implements Trainable, HasTensors {

  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private final List<Layer> layers = new ArrayList<>();
  private final Set<String> tapNames = new LinkedHashSet<>();
  private final Map<String, Initializer> initializers = new LinkedHashMap<>();
  private boolean training;
  private Seed noise = new Seed(0);
  private long noisyPasses;
  private @Nullable PassMeter meter;

  /** Starts the engine, since layers are tensors. */
  protected Model() {
    Engine.start();
  }

  /** Computes the output, through the layers declared before. */
  protected abstract Tensor forward(Pass pass, Tensor x);

  /** Declares a convolution; Kaiming-uniform unless {@link #initializeBy} says otherwise. */
  protected final Layer.Conv2d conv2d(
      String name, int in, int out, int kernel, int stride, int padding, boolean bias) {
    return conv2d(name, in, out, kernel, stride, padding, 1, bias);
  }

  /** Declares a convolution of several groups. */
  protected final Layer.Conv2d conv2d(
      String name, int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
    return conv2d(new Layer.Conv2d(name, in, out, kernel, stride, padding, 1, groups, bias));
  }

  /** Declares a convolution given as a whole, for example one with dilation. */
  protected final Layer.Conv2d conv2d(Layer.Conv2d layer) {
    int kernel = layer.kernel();
    Initializer fanIn = Initializer.fanIn(layer.inPerGroup() * kernel * kernel);
    add(layer);
    parameter(layer.name() + ".weight", fanIn, layer.out(), layer.inPerGroup(), kernel, kernel);
    if (layer.bias()) {
      parameter(layer.name() + ".bias", fanIn, layer.out());
    }
    return layer;
  }

  /** Declares a transposed convolution with bias. */
  protected final Layer.ConvTranspose2d convTranspose2d(
      String name, int in, int out, int kernel, int stride, int padding) {
    Layer.ConvTranspose2d layer =
        add(new Layer.ConvTranspose2d(name, in, out, kernel, stride, padding));
    // PyTorch takes the weight's second dimension as inputs here too: the fan is that of out
    Initializer fanIn = Initializer.fanIn(out * kernel * kernel);
    parameter(name + ".weight", fanIn, in, out, kernel, kernel);
    parameter(name + ".bias", fanIn, out);
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

  /** Declares an instance normalisation with epsilon 1e-5, with or without scale and shift. */
  protected final Layer.InstanceNorm2d instanceNorm2d(String name, int channels, boolean affine) {
    Layer.InstanceNorm2d layer = add(new Layer.InstanceNorm2d(name, channels, 1e-5));
    if (affine) {
      parameter(name + ".weight", Initializer.constant(1), channels);
      parameter(name + ".bias", Initializer.constant(0), channels);
    }
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

  /** Declares everything that another model declares; both have the same tensors from then on. */
  final void adopt(Model part) {
    part.tapNames.forEach(this::tapPoint);
    layers.addAll(part.layers);
    part.parameters.forEach(
        (name, tensor) ->
            require(parameters.put(name, tensor) == null, "two parameters named '%s'", name));
    buffers.putAll(part.buffers);
    initializers.putAll(part.initializers);
  }

  private <L extends Layer> L add(L layer) {
    tapPoint(layer.name());
    layers.add(layer);
    return layer;
  }

  /**
   * Draws new weights: where a subclass does not say otherwise PyTorch's defaults, that is uniform
   * in ±1/√fan_in for convolutions, affine layers and their biases (Kaiming-uniform with a = √5),
   * ones and zeros for normalisations. Also resets running statistics, turns on gradients and lays
   * 4-D weights out channels-last.
   *
   * @return this model
   */
  public Model initialize(Seed seed) {
    GeneratorOptional generator = Tensors.generator(seed.child("weights"));
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      initializers.forEach(
          (name, initializer) -> {
            Tensor parameter = Objects.requireNonNull(parameters.get(name), name);
            parameter.copy_(initializer.draw(generator, parameter.shape()));
          });
      buffers.forEach(
          (name, buffer) -> buffer.fill_(Tensors.scalar(name.endsWith(".running_var") ? 1 : 0)));
    }
    prepare();
    return this;
  }

  /** Lays out weights and turns on gradients, as a model whose weights are copied in needs it. */
  final void prepare() {
    try (TensorScope scope = TensorScope.open()) {
      for (Tensor parameter : parameters.values()) {
        if (parameter.dim() == 4) {
          parameter.set_data(parameter.detach().contiguous(MemoryFormat.ChannelsLast));
        }
        parameter.set_requires_grad(true);
      }
    }
  }

  /**
   * Loads weights into a model that was only constructed, in place of {@link #initialize}.
   *
   * @return this model
   * @throws DataException if names or shapes differ; the message lists every difference
   */
  public Model load(Map<String, Tensor> weights) {
    prepare();
    copyState(weights);
    return this;
  }

  /** Moves all tensors to a device. */
  public Model to(ComputeDevice device) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      forEachTensor(tensor -> move(tensor, device));
    }
    return this;
  }

  private static void move(Tensor tensor, ComputeDevice device) {
    Tensor there = device.place(tensor.detach());
    if (tensor.is_lazy() == there.is_lazy()) {
      tensor.set_data(there);
    } else { // libtorch exchanges the data of like tensors only: the handle takes the new one
      tensor.put(there.set_requires_grad(tensor.requires_grad()));
    }
  }

  /** Where the weights are. */
  public final ComputeDevice device() {
    return ComputeDevice.of(parameters.values().iterator().next());
  }

  /** Output in the current mode; differentiable. */
  public final Tensor apply(Tensor x) {
    return apply(x, Taps.none(), parameters);
  }

  /**
   * Output in the current mode with taps, and with other values than the model's own.
   *
   * @param values for every parameter; buffers among them take the place of the model's own, also
   *     where training mode updates running statistics
   */
  final Tensor apply(Tensor x, Taps taps, Map<String, Tensor> values) {
    requireKnown(taps);
    Tensor input = x.dim() == 4 ? x.contiguous(MemoryFormat.ChannelsLast) : x;
    long number = training ? noisyPasses++ : 0;
    Map<String, Tensor> statistics =
        values.keySet().containsAll(buffers.keySet()) ? values : buffers;
    Tensor output =
        forward(new Pass(values, statistics, training, taps, noise, number, null), input);
    if (meter != null) {
      meter.passed(input, output);
    }
    return output;
  }

  /** Has the images that pass through this model, and through later copies of it, counted. */
  public final void meter(PassMeter counter) {
    meter = counter;
  }

  final @Nullable PassMeter meter() {
    return meter;
  }

  /** A pass in evaluation mode that watches which layer's output is which layer's input. */
  final void watch(Tensor x, Wiring wiring) {
    forward(new Pass(parameters, buffers, false, Taps.none(), noise, 0, wiring), x);
  }

  /** A pass in evaluation mode that shows shapes at taps and is not counted. */
  final void watch(Tensor x, Taps taps) {
    requireKnown(taps);
    forward(new Pass(parameters, buffers, false, taps, noise, 0, null), x);
  }

  private void requireKnown(Taps taps) {
    for (String name : taps.names()) {
      require(tapNames.contains(name), "network has no tap '%s'. Its taps: %s", name, tapNames);
    }
    for (String name : taps.inputNames()) {
      require(
          layers.stream().anyMatch(l -> l instanceof Layer.BatchNorm2d && l.name().equals(name)),
          "network has no batch normalisation '%s'",
          name);
    }
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
   * Copies values into this model.
   *
   * @throws DataException if names or shapes differ; the message lists every difference
   */
  public final void copyState(Map<String, Tensor> source) {
    StateCopy.all(source, state());
  }

  /**
   * Copies the values that fit by name and shape.
   *
   * @return names of this model that were left as they were
   * @throws DataException if nothing fits
   */
  public final List<String> copyMatchingState(Map<String, Tensor> source) {
    return StateCopy.matching(source, state());
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

  /** Whether the model is in training mode. */
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
