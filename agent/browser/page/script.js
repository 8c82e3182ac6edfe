// Waiting for scripts of scenarios that have begun in the page's own world (main/evaluate.js) and are known by a number.

let settled = () => {}; // is called when that has something new

hear("settled", () => settled());

const scripts = {
  evaluate: (timeout, number) => new Promise((resolve) => {
    const finish = (answer) => {
      clearTimeout(deadline);
      settled = () => {};
      resolve(answer);
    };
    const deadline = setTimeout(() => finish(failed("deadline", "the script did not end")), timeout);
    settled = () => {
      const answer = askMain(number);
      if (!answer) finish(scriptsOff("the script did not end"));
      else if (answer[0] !== "later") finish(answer);
    };
    settled();
  }),

  wait_for_function: (timeout, number) => settle(timeout, (look) => {
    settled = look;
    const answer = askMain(number);
    return !answer ? scriptsOff("is not true") : answer[0] === "later" ? answer[1] : answer;
  }, (passed) => Math.min(Math.max(passed / 10, 10), LOOK_AGAIN_MS)),
};
