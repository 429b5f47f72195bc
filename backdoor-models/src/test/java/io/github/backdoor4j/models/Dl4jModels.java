package io.github.backdoor4j.models;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small DL4J models for images of 3×16×16 in four classes. */
final class Dl4jModels {

  private static final int SIZE = 16;
  private static final int CLASSES = 4;

  private Dl4jModels() {}

  /** Smooth, with all that evaluation treats otherwise than training: statistics and dropout. */
  static ComputationGraph graph() {
    var conf =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .dataType(DataType.FLOAT)
            .updater(new Adam(0.01))
            .graphBuilder()
            .addInputs("images")
            .setInputTypes(InputType.convolutional(SIZE, SIZE, 3))
            .addLayer("conv", convolution(Activation.TANH), "images")
            .addLayer("norm", new BatchNormalization.Builder().eps(1e-3).build(), "conv")
            .addLayer("pool", pooling(), "norm")
            .addLayer("dense", dense(), "pool")
            .addLayer("scores", output(), "dense")
            .setOutputs("scores")
            .build();
    return Dl4jCalls.isolated(
        () -> {
          ComputationGraph graph = new ComputationGraph(conf);
          graph.init();
          graph.getParam("norm_mean").assign(0.3);
          graph.getParam("norm_log10stdev").assign(0.2);
          graph.getParam("norm_gamma").assign(1.5);
          return graph;
        });
  }

  /** A convolution and an affine layer. */
  static MultiLayerNetwork sequence() {
    var conf =
        new NeuralNetConfiguration.Builder()
            .seed(8)
            .dataType(DataType.FLOAT)
            .list()
            .layer(convolution(Activation.IDENTITY))
            .layer(output())
            .setInputType(InputType.convolutional(SIZE, SIZE, 3))
            .build();
    return Dl4jCalls.isolated(
        () -> {
          MultiLayerNetwork network = new MultiLayerNetwork(conf);
          network.init();
          return network;
        });
  }

  private static ConvolutionLayer convolution(Activation activation) {
    return new ConvolutionLayer.Builder(3, 3)
        .padding(1, 1)
        .nOut(4)
        .biasInit(0.1)
        .activation(activation)
        .build();
  }

  private static SubsamplingLayer pooling() {
    return new SubsamplingLayer.Builder(PoolingType.AVG).kernelSize(4, 4).stride(4, 4).build();
  }

  private static DenseLayer dense() {
    return new DenseLayer.Builder().nOut(12).dropOut(0.8).activation(Activation.TANH).build();
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .nOut(CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }
}
