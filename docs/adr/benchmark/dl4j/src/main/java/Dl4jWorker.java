import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Times PreAct-ResNet18 on deeplearning4j-nn. Reads lines such as {@code train 64} or {@code infer
 * 16} and answers each with the seconds that one batch of 128 images of 3×32×32 took.
 */
public final class Dl4jWorker {

  private static final int BATCH = 128;

  private Dl4jWorker() {}

  public static void main(String[] args) throws IOException {
    INDArray images = Nd4j.rand(BATCH, 3, 32, 32);
    INDArray labels = Nd4j.zeros(BATCH, 10);
    for (int i = 0; i < BATCH; i++) {
      labels.putScalar(i, i % 10, 1);
    }
    Map<Integer, ComputationGraph> nets = new HashMap<>();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      ComputationGraph net = nets.computeIfAbsent(Integer.valueOf(words[1]), Dl4jWorker::build);
      long start = System.nanoTime();
      if (words[0].equals("train")) {
        net.fit(new INDArray[] {images}, new INDArray[] {labels});
      } else if (words[0].equals("infer")) {
        net.output(false, images);
      } else {
        System.out.println("# parameters " + net.numParams());
        continue;
      }
      System.out.println((System.nanoTime() - start) / 1e9);
    }
  }

  private static ComputationGraph build(int width) {
    GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Nesterovs(0.01, 0.9))
            .l2(5e-4)
            .graphBuilder()
            .addInputs("images")
            .setInputTypes(InputType.convolutional(32, 32, 3));
    String x = conv(graph, "conv1", "images", width, 3, 1);
    int channels = width;
    for (int stage = 1; stage <= 4; stage++) {
      int out = width << (stage - 1);
      for (int block = 0; block < 2; block++) {
        int stride = stage > 1 && block == 0 ? 2 : 1;
        x = block(graph, "layer" + stage + "." + block, x, channels, out, stride);
        channels = out;
      }
    }
    graph
        .addLayer("avgpool", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), x)
        .addLayer(
            "linear",
            new OutputLayer.Builder(LossFunction.MCXENT)
                .activation(Activation.SOFTMAX)
                .nOut(10)
                .build(),
            "avgpool")
        .setOutputs("linear");
    ComputationGraph net = new ComputationGraph(graph.build());
    net.init();
    return net;
  }

  private static String block(
      GraphBuilder graph, String name, String x, int in, int out, int stride) {
    String a = bnRelu(graph, name + ".1", x);
    String skipped =
        stride == 1 && in == out ? x : conv(graph, name + ".shortcut", a, out, 1, stride);
    String y = bnRelu(graph, name + ".2", conv(graph, name + ".conv1", a, out, 3, stride));
    String z = conv(graph, name + ".conv2", y, out, 3, 1);
    graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), z, skipped);
    return name;
  }

  private static String bnRelu(GraphBuilder graph, String name, String x) {
    graph.addLayer(name + ".bn", new BatchNormalization.Builder().eps(1e-5).decay(0.9).build(), x);
    graph.addLayer(name + ".relu", new ActivationLayer(Activation.RELU), name + ".bn");
    return name + ".relu";
  }

  private static String conv(
      GraphBuilder graph, String name, String x, int out, int kernel, int stride) {
    graph.addLayer(
        name,
        new ConvolutionLayer.Builder(kernel, kernel)
            .stride(stride, stride)
            .padding(kernel / 2, kernel / 2)
            .nOut(out)
            .hasBias(false)
            .activation(Activation.IDENTITY)
            .build(),
        x);
    return name;
  }
}
