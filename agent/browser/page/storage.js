// What a document has to do with the end of what it stores.

const ASK_AGAIN_MS = 50;

// Chromium closes the document's connection to IndexedDB along with the databases. What is asked before the document has
// noticed is never answered, so it is asked again until something is. Documents without databases refuse, and that is an
// answer too. Without any until the timeout the promise stays open: whoever asked keeps the deadline.
const databasesAnswer = (timeout) => new Promise((resolve) => {
  const end = () => {
    clearInterval(asking);
    clearTimeout(deadline);
    resolve();
  };
  const ask = () => {
    try {
      indexedDB.databases().then(end, end);
    } catch {
      end();
    }
  };
  const asking = setInterval(ask, ASK_AGAIN_MS);
  const deadline = setTimeout(() => clearInterval(asking), timeout);
  ask();
});
