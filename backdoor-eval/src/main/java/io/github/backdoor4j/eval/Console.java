package io.github.backdoor4j.eval;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;

/** What the standard streams can show: characters, and whether a person watches. */
final class Console {

  private static final int CONSOLE_KNOWS_TERMINAL = 22;

  private Console() {}

  /** A writer to a standard stream in its character set. */
  static PrintWriter writer(PrintStream stream, String name) {
    return writer(stream, charset(name));
  }

  /** A writer that writes in ASCII what the character set lacks: {@code ->} for an arrow. */
  static PrintWriter writer(OutputStream stream, Charset charset) {
    Writer encoded = new OutputStreamWriter(stream, charset);
    boolean complete = charset.newEncoder().canEncode("→±×–…é");
    return new PrintWriter(complete ? encoded : new Plain(encoded, charset.newEncoder()), true);
  }

  private static Charset charset(String stream) {
    String name = System.getProperty(stream + ".encoding"); // since Java 19
    if (name == null) {
      name = System.getProperty("sun." + stream + ".encoding");
    }
    try {
      return name == null ? Charset.defaultCharset() : Charset.forName(name);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return Charset.defaultCharset();
    }
  }

  /** Whether the standard error stream is a terminal. */
  static boolean errorIsTerminal() {
    Path stderr = Path.of("/proc/self/fd/2");
    try {
      if (Files.exists(stderr)) {
        String target = Files.readSymbolicLink(stderr).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      }
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
    return consoleIsTerminal();
  }

  /** Knows of standard input and output only, which is the best there is outside Linux. */
  @SuppressWarnings("SystemConsoleNull") // the version decides which question is the right one
  private static boolean consoleIsTerminal() {
    java.io.Console console = System.console();
    if (console == null || Runtime.version().feature() < CONSOLE_KNOWS_TERMINAL) {
      return console != null;
    }
    try {
      return (boolean) java.io.Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  /** Replaces characters that cannot be encoded by similar ones that can. */
  private static final class Plain extends Writer {

    private final Writer target;
    private final CharsetEncoder encoder;

    Plain(Writer target, CharsetEncoder encoder) {
      this.target = target;
      this.encoder = encoder;
    }

    @Override
    public void write(char[] buffer, int offset, int length) throws IOException {
      for (int i = offset; i < offset + length; i++) {
        target.write(encoder.canEncode(buffer[i]) ? String.valueOf(buffer[i]) : plain(buffer[i]));
      }
    }

    private String plain(char letter) {
      return switch (letter) {
        case '→' -> "->";
        case '←' -> "<-";
        case '±' -> "+-";
        case '×' -> "x";
        case '–', '—', '−' -> "-";
        case '…' -> "...";
        case '≥' -> ">=";
        case '≤' -> "<=";
        case '·' -> "*";
        case '§' -> "section ";
        case '’', '‘' -> "'";
        case '“', '”' -> "\"";
        default -> withoutAccent(letter);
      };
    }

    private String withoutAccent(char letter) {
      String base =
          Normalizer.normalize(String.valueOf(letter), Normalizer.Form.NFD).substring(0, 1);
      return encoder.canEncode(base) ? base : "?";
    }

    @Override
    public void flush() throws IOException {
      target.flush();
    }

    @Override
    public void close() throws IOException {
      target.close();
    }
  }
}
