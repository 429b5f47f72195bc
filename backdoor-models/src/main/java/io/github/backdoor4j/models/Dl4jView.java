package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.UsageException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;

/**
 * A graph over the same weights as another that computes logits: its output layer is an affine
 * layer without activation, dropout and weight noise are gone, frozen layers let gradients through.
 *
 * @param graph shares its parameter array with the original, so it follows every training step
 * @param output name of the output layer
 * @param classes number of classes
 * @param channelsLast whether the graph works on N×H×W×C
 */
record Dl4jView(ComputationGraph graph, String output, int classes, boolean channelsLast) {

  /** The view of a graph with one input of images and one output of class scores. */
  static Dl4jView of(ComputationGraph original) {
    ComputationGraphConfiguration conf = original.getConfiguration().clone();
    require(
        conf.getNetworkInputs().size() == 1 && conf.getNetworkOutputs().size() == 1,
        "a DL4J classifier has one input and one output, but this graph has the inputs %s and the"
            + " outputs %s",
        conf.getNetworkInputs(),
        conf.getNetworkOutputs());
    String output = conf.getNetworkOutputs().get(0);
    require(
        conf.getVertices().get(output) instanceof LayerVertex,
        "the output '%s' of the DL4J graph is not a layer; end it with an OutputLayer",
        output);
    boolean channelsLast = false;
    Map<String, Layer> layers = layers(conf);
    for (Map.Entry<String, Layer> entry : layers.entrySet()) {
      Layer layer = thawed(entry.getValue());
      channelsLast |=
          layer instanceof ConvolutionLayer convolution
              && convolution.getCnn2dDataFormat() == CNN2DFormat.NHWC;
      Layer plain = entry.getKey().equals(output) ? logits(layer, output) : evaluating(layer);
      plain.setLayerName(entry.getKey());
      confOf(conf, entry.getKey()).setLayer(plain);
    }
    int classes = classes(original, output);
    ComputationGraph view = new ComputationGraph(conf);
    view.init(original.params(), false);
    return new Dl4jView(view, output, classes, channelsLast);
  }

  private static Map<String, Layer> layers(ComputationGraphConfiguration conf) {
    Map<String, Layer> layers = new LinkedHashMap<>();
    conf.getVertices()
        .forEach(
            (name, vertex) -> {
              if (vertex instanceof LayerVertex layer) {
                layers.put(name, layer.getLayerConf().getLayer());
              }
            });
    return layers;
  }

  private static NeuralNetConfiguration confOf(ComputationGraphConfiguration conf, String name) {
    return ((LayerVertex) java.util.Objects.requireNonNull(conf.getVertices().get(name)))
        .getLayerConf();
  }

  private static Layer thawed(Layer layer) {
    return layer instanceof FrozenLayer frozen ? frozen.getLayer() : layer;
  }

  private static Layer evaluating(Layer layer) {
    if (layer instanceof DropoutLayer) {
      return new ActivationLayer(Activation.IDENTITY);
    }
    layer.setIDropout(null);
    if (layer instanceof BaseLayer base) {
      base.setWeightNoise(null);
    }
    return layer;
  }

  private static Layer logits(Layer layer, String name) {
    if (layer.getClass() == OutputLayer.class) {
      OutputLayer output = (OutputLayer) layer;
      return new DenseLayer.Builder()
          .nIn(output.getNIn())
          .nOut(output.getNOut())
          .hasBias(output.hasBias())
          .activation(Activation.IDENTITY)
          .weightInit(output.getWeightInitFn())
          .updater(output.getIUpdater())
          .build();
    }
    if (layer.getClass() == LossLayer.class) {
      return new ActivationLayer(Activation.IDENTITY);
    }
    throw new UsageException(
        "the output layer '%s' of the DL4J model is a %s; logits are known of OutputLayer and"
            + " LossLayer only",
        name, layer.getClass().getSimpleName());
  }

  private static int classes(ComputationGraph original, String output) {
    String name = output;
    while (true) { // a loss layer has no width of its own: that of the layer before it counts
      Layer layer = original.getLayer(name).conf().getLayer();
      if (thawed(layer) instanceof org.deeplearning4j.nn.conf.layers.FeedForwardLayer wide
          && wide.getNOut() > 0) {
        return Math.toIntExact(wide.getNOut());
      }
      name =
          java.util.Objects.requireNonNull(original.getConfiguration().getVertexInputs().get(name))
              .get(0);
      require(
          original.getLayer(name) != null,
          "the number of classes cannot be told: no layer with a width enters output '%s'",
          output);
    }
  }
}
