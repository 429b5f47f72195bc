package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Classifier;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model of Deeplearning4j, to be trained on poisoned data, evaluated and scanned. DL4J and an
 * ND4J backend are optional dependencies: add {@code org.deeplearning4j:deeplearning4j-nn} and
 * {@code org.nd4j:nd4j-native}.
 *
 * <p>Tensors that come in may lie on any device; those that go out lie on the CPU. Do not call DL4J
 * yourself while a {@link io.github.backdoor4j.core.tensor.TensorScope} is open on the thread: the
 * scope would free ND4J's memory. This class sees to that for its own calls. Not safe for use by
 * several threads at once.
 */
public final class Dl4jClassifier implements Classifier {

  private final ComputationGraph graph;
  private final Dl4jView view;

  private Dl4jClassifier(ComputationGraph graph) {
    this.graph = graph;
    this.view = Dl4jCalls.isolated(() -> Dl4jView.of(graph));
  }

  /**
   * Wraps a graph with one input of images and one output of class scores. Nothing is copied: later
   * changes of its weights show here.
   *
   * @param graph initialised; its output is an {@code OutputLayer} or a {@code LossLayer}
   * @throws io.github.backdoor4j.core.UsageException if the graph is of another kind
   */
  public static Dl4jClassifier of(ComputationGraph graph) {
    return new Dl4jClassifier(graph);
  }

  /**
   * Wraps a copy of a network as a graph, in which layers without a name are called by their
   * number, "0" first.
   */
  public static Dl4jClassifier of(MultiLayerNetwork network) {
    return new Dl4jClassifier(Dl4jCalls.isolated(network::toComputationGraph));
  }

  /**
   * Reads a zip file that DL4J's {@code ModelSerializer} wrote, of either kind of network.
   *
   * @throws DataException if the file is no such thing
   * @throws io.github.backdoor4j.core.UsageException if DL4J is not on the class path
   */
  public static Dl4jClassifier load(Path file) {
    Dl4jCalls.requireDl4j(Dl4jClassifier.class.getClassLoader());
    return new Dl4jClassifier(Dl4jFiles.read(file));
  }

  /**
   * Writes a zip file that DL4J and {@link #load} read, with the state of the updater.
   *
   * @throws DataException if the file cannot be written
   */
  public void save(Path file) {
    Dl4jFiles.write(graph, file);
  }

  /** The model itself. */
  public ComputationGraph graph() {
    return graph;
  }

  @Override
  public int classes() {
    return view.classes();
  }

  /**
   * Scores in evaluation mode, before the output layer's activation.
   *
   * @param images N×C×H×W, normalised floats
   * @return N×K, without a gradient; see {@link #inputGradient} and {@link #asNetwork}
   */
  @Override
  public Tensor logits(Tensor images) {
    return logits(Dl4jArrays.ofImages(images));
  }

  Tensor logits(Dl4jArrays images) {
    return Dl4jCalls.isolated(
            () -> Dl4jArrays.of(view.graph().output(false, input(images))[0], false))
        .tensor();
  }

  private INDArray input(Dl4jArrays images) {
    return images.array(type(), view.channelsLast());
  }

  private DataType type() {
    return graph.params().dataType();
  }

  /** Names of all vertices that compute something, in order of computation. */
  public List<String> layerNames() {
    return Dl4jCalls.isolated(
        () ->
            java.util.Arrays.stream(view.graph().topologicalSortOrder())
                .mapToObj(index -> view.graph().getVertices()[index])
                .filter(vertex -> !vertex.isInputVertex())
                .map(vertex -> vertex.getVertexName())
                .toList());
  }

  /** Name of the layer whose output are the logits. */
  public String outputLayer() {
    return view.output();
  }

  /**
   * What a layer puts out in evaluation mode.
   *
   * @param images N×C×H×W, normalised floats
   * @param layer one of {@link #layerNames}; the output layer gives logits
   * @return N×C×h×w for feature maps, whatever DL4J's own layout, or N×D
   */
  public Tensor activations(Tensor images, String layer) {
    checkLayer(layer);
    Dl4jArrays copy = Dl4jArrays.ofImages(images);
    return Dl4jCalls.isolated(
            () -> {
              Map<String, INDArray> all = view.graph().feedForward(input(copy), false);
              return Dl4jArrays.of(
                  java.util.Objects.requireNonNull(all.get(layer)), view.channelsLast());
            })
        .tensor();
  }

  private void checkLayer(String layer) {
    List<String> names = layerNames();
    require(
        names.contains(layer), "the DL4J model has no layer '%s'. Its layers: %s", layer, names);
  }

  /**
   * Gradient with respect to the images of a loss whose gradient with respect to the logits is
   * given: a vector-Jacobian product, in evaluation mode.
   *
   * @param images N×C×H×W, normalised floats
   * @param gradientOfLogits N×K
   * @return N×C×H×W
   */
  public Tensor inputGradient(Tensor images, Tensor gradientOfLogits) {
    return inputGradient(Dl4jArrays.ofImages(images), Dl4jArrays.of(gradientOfLogits));
  }

  Tensor inputGradient(Dl4jArrays images, Dl4jArrays gradient) {
    require(
        java.util.Arrays.equals(gradient.shape(), new long[] {images.shape()[0], classes()}),
        "the gradient of the logits must have shape [%d, %d], but has %s",
        images.shape()[0],
        classes(),
        java.util.Arrays.toString(gradient.shape()));
    return Dl4jCalls.isolated(
            () ->
                Dl4jArrays.of(
                    Dl4jBackward.of(view, input(images), gradient.array(type(), false)),
                    view.channelsLast()))
        .tensor();
  }

  /**
   * Trains the model by its own updater, on images normalised as the data set says and in an order
   * that follows from the seed; there is no augmentation. Sets the seed of ND4J's global generator,
   * from which DL4J draws dropout.
   *
   * @param epochs at least 1
   * @param batchSize at least 1
   * @param listener hears of steps and epochs; epochs have a mean {@code loss} and no time
   */
  public TrainingHistory train(
      ImageDataset data, int epochs, int batchSize, Seed seed, TrainingListener listener) {
    requireAtLeast("epochs", epochs, 1);
    requireAtLeast("batch_size", batchSize, 1);
    require(
        data.spec().classes() == classes(),
        "data set '%s' has %d classes, but the DL4J model has %d",
        data.spec().id(),
        data.spec().classes(),
        classes());
    return new Dl4jTraining(graph, view, data, batchSize).run(epochs, seed, listener);
  }

  /**
   * This model as a network, for all that scans one without changing it: predictions, detectors,
   * gradients with respect to images (of first order). Training it throws, and so does replacing
   * what a layer puts out. The features are what enters the output layer.
   *
   * @param input shape of the images
   */
  public Network asNetwork(ImageShape input) {
    List<String> entering = graph.getConfiguration().getVertexInputs().get(outputLayer());
    return asNetwork(input, java.util.Objects.requireNonNull(entering).get(0));
  }

  /**
   * The same with the features taken elsewhere.
   *
   * @param features one of {@link #layerNames}
   */
  public Network asNetwork(ImageShape input, String features) {
    checkLayer(features);
    return new Dl4jNetwork(this, new NetworkSpec(input, classes()), features)
        .initialize(new Seed(0));
  }
}
