package io.github.backdoor4j.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.EngineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;

/** DL4J's zip files. */
final class Dl4jFiles {

  private static final String CONFIGURATION = "configuration.json";

  private Dl4jFiles() {}

  static ComputationGraph read(Path file) {
    if (!Files.isReadable(file)) {
      throw new DataException("'%s' is not a file that can be read", file);
    }
    try {
      return Dl4jCalls.isolated(() -> restore(file));
    } catch (EngineException e) {
      throw new DataException(
          e,
          "'%s' is not a model that DL4J can read (%s). It must be a zip file written by DL4J's"
              + " ModelSerializer",
          file,
          e.getMessage());
    }
  }

  private static ComputationGraph restore(Path file) {
    try {
      return graph(file)
          ? ModelSerializer.restoreComputationGraph(file.toFile())
          : ModelSerializer.restoreMultiLayerNetwork(file.toFile()).toComputationGraph();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the file's configuration is that of a graph; a sequential network has no vertices. */
  private static boolean graph(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(CONFIGURATION);
      if (entry == null) {
        throw new IOException("it has no entry " + CONFIGURATION);
      }
      try (InputStream in = zip.getInputStream(entry)) {
        return new ObjectMapper().readTree(in).has("vertices");
      }
    }
  }

  /** Replaces the file as a whole, whatever interrupts. */
  static void write(ComputationGraph graph, Path file) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Dl4jCalls.isolated(
        () -> {
          try {
            ModelSerializer.writeModel(graph, bytes, true);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return file;
        });
    AtomicFiles.replace(file, out -> writeAll(out, ByteBuffer.wrap(bytes.toByteArray())));
  }

  private static void writeAll(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
